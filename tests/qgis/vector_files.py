"""Vector results of the tests."""


def features(source):
    """Attributes and geometry of every feature: ({field: value}, geometry)."""
    from qgis.core import QgsVectorLayer

    layer = source if isinstance(source, QgsVectorLayer) else QgsVectorLayer(source)
    assert layer.isValid()
    return [(feature.attributeMap(), feature.geometry()) for feature in layer.getFeatures()]


def zones_layer(*polygons, crs="EPSG:32633"):
    """A layer in memory of polygons as WKT, named zone 1, zone 2, ..."""
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    layer = QgsVectorLayer(
        f"Polygon?crs={crs}&field=name:string&field=cloud_percent:string", "zones", "memory"
    )
    for number, polygon in enumerate(polygons, 1):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromWkt(polygon))
        feature.setAttributes([f"zone {number}", "mine"])
        assert layer.dataProvider().addFeature(feature)
    return layer
