"""CloudMamba for QGIS: cloud masks and uncertainty maps. The engine is a separate program."""


def classFactory(iface):
    """Make the plugin; ``iface`` is None in ``qgis_process``."""
    from cloudmamba_qgis.plugin import CloudMambaPlugin

    return CloudMambaPlugin(iface)
