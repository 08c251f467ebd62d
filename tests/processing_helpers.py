"""Running the algorithm inside QGIS and listening to it."""


class Feedback:
    """Collects what the algorithm says; ``cancel_at`` cancels at that progress in percent."""

    def __init__(self, cancel_at=None):
        from qgis.core import QgsProcessingFeedback

        self.progress, self.info, self.warnings, self.console, self.errors = [], [], [], [], []
        collect = self

        class Collecting(QgsProcessingFeedback):
            def pushInfo(self, info):
                collect.info.append(info)

            def pushWarning(self, warning):
                collect.warnings.append(warning)

            def pushConsoleInfo(self, info):
                collect.console.append(info)

            def reportError(self, error, fatalError=False):
                collect.errors.append(error)

            def setProgressText(self, text):
                collect.info.append(text)

        self.qgis = Collecting()
        self.qgis.progressChanged.connect(self.progress.append)
        if cancel_at is not None:
            self.qgis.progressChanged.connect(
                lambda progress: self.qgis.cancel() if progress >= cancel_at else None
            )


def run(parameters, feedback=None, context=None):
    """Run Detect clouds as the toolbox does; returns its results."""
    return run_algorithm("detectclouds", parameters, feedback, context)


def run_algorithm(name, parameters, feedback=None, context=None):
    """Run an algorithm of the plugin as the toolbox does; returns its results."""
    import processing

    feedback = feedback or Feedback()
    return processing.run(f"cloudmamba:{name}", parameters, feedback=feedback.qgis, context=context)


def names(folder):
    return sorted(path.name for path in folder.iterdir())
