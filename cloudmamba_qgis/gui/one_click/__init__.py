"""One click on a layer: ask where bands are not clear, detect, show the results and a report."""
