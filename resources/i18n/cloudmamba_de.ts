<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name>cloudmamba_qgis</name>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>&lt;p&gt;Copies an image and gives it no data where the mask says cloud or cloud shadow, if wished with a buffer around them.&lt;/p&gt;&lt;p&gt;Grid, CRS, data type, band names, scale, offset and other metadata stay as they are. The no-data value is that of the image. Where it has none: NaN for floating point, else the first of lowest and highest possible value (0 and 65535, say) that no pixel of the image has; the log says which. An image with an alpha band becomes transparent instead.&lt;/p&gt;&lt;p&gt;A mask on another grid or in another CRS is brought onto that of the image (nearest pixel). Where the mask has no data the image stays as it is.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Kopiert ein Bild und setzt dort keine Daten, wo die Maske Wolke oder Wolkenschatten zeigt, auf Wunsch mit einem Puffer darum.&lt;/p&gt;&lt;p&gt;Gitter, KBS, Datentyp, Kanalnamen, Skalierung, Versatz und andere Metadaten bleiben, wie sie sind. Der Wert für keine Daten ist der des Bildes. Hat es keinen: NaN bei Gleitkommazahlen, sonst der erste von kleinstem und größtem möglichen Wert (etwa 0 und 65535), den kein Pixel des Bildes hat; das Protokoll sagt, welcher. Ein Bild mit Alphakanal wird stattdessen durchsichtig.&lt;/p&gt;&lt;p&gt;Eine Maske auf einem anderen Gitter oder in einem anderen KBS wird auf das des Bildes gebracht (nächstes Pixel). Wo die Maske keine Daten hat, bleibt das Bild, wie es ist.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>A GeoTIFF like the image, with no data under clouds.</source>
            <translation>Ein GeoTIFF wie das Bild, mit keinen Daten unter Wolken.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>Apply cloud mask</source>
            <translation>Wolkenmaske anwenden</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>Image without clouds</source>
            <translation>Bild ohne Wolken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>It is removed as well, where the mask has it (2). Off: it stays.</source>
            <translation>Er wird ebenfalls entfernt, wo die Maske ihn hat (2). Aus: Er bleibt.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>Makes a copy of an image that has no data under clouds.</source>
            <translation>Macht eine Kopie eines Bildes, die unter Wolken keine Daten hat.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>No-data value</source>
            <translation>Wert für keine Daten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>No-data value used</source>
            <translation>Verwendeter Wert für keine Daten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>No-data value: {value:g}</source>
            <translation>Wert für keine Daten: {value:g}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>Not set: that of the image, or one that the image does not use.</source>
            <translation>Nicht gesetzt: der des Bildes oder einer, den das Bild nicht verwendet.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>Pixels of the image that have the value {value:g} become no data as well: unless that is meant, give another no-data value, or leave it empty.</source>
            <translation>Pixel des Bildes mit dem Wert {value:g} werden ebenfalls zu „keine Daten“: Ist das nicht gemeint, geben Sie einen anderen Nodata-Wert an oder lassen Sie ihn leer.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>Removed, % of the valid pixels</source>
            <translation>Entfernt, % der gültigen Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>Satellite image</source>
            <translation>Satellitenbild</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>The image has an alpha band: clouds become transparent.</source>
            <translation>Das Bild hat einen Alphakanal: Wolken werden durchsichtig.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>The image that the clouds are cut out of; it is not changed itself.</source>
            <translation>Das Bild, aus dem die Wolken ausgeschnitten werden; es selbst wird nicht verändert.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>The mask has no data anywhere on the image: check that it lies there.</source>
            <translation>Die Maske hat nirgends auf dem Bild Daten: prüfen, ob sie dort liegt.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>cloud,clouds,mask,cut out,remove clouds,no data,nodata,clip,buffer</source>
            <translation>wolke,wolken,maske,ausschneiden,wolken entfernen,keine daten,nodata,zuschneiden,puffer</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>{removed:.1f} % of the valid pixels removed</source>
            <translation>{removed:.1f} % der gültigen Pixel entfernt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/apply_cloud_mask.py" />
            <source>{value:g} is no value of the image's data type, {type}.</source>
            <translation>{value:g} ist kein Wert des Datentyps {type}, den das Bild hat.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>'{scene}' meets no area.</source>
            <translation>„{scene}“ trifft keine Fläche.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>0 clear, 1 cloud, 2 cloud shadow, 255 no data, as Detect clouds makes it.</source>
            <translation>0 klar, 1 Wolke, 2 Wolkenschatten, 255 keine Daten, wie „Wolken erkennen“ sie macht.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>&lt;p&gt;Tells for every polygon, such as a field, and every day how much of it is clear, cloud, cloud shadow and without data, in % of the polygon. Masks of one day are put together, so that an area may lie on several tiles.&lt;/p&gt;&lt;p&gt;Give masks, or scenes, or a folder or list of either. Scenes without a mask are masked first, only where the areas are. In a folder NAME_mask.tif is the mask of NAME.tif. Days come from the time of the layers, the metadata or the names of the files; the log says which. What has no day is left out.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Areas by date&lt;/b&gt;: one polygon for each area and day. &lt;b&gt;usable&lt;/b&gt;: 1 where at least so much is clear as is wanted, else 0. &lt;b&gt;rank&lt;/b&gt;: 1 for the clearest day of the area. The layer has its time set: open the temporal controller.&lt;br/&gt;&lt;b&gt;Table&lt;/b&gt;: the same without polygons, as CSV.&lt;/p&gt;&lt;p&gt;The log names the best dates of each area and its longest times without a usable one.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Sagt für jedes Polygon, etwa ein Feld, und jeden Tag, wie viel davon klar, Wolke, Wolkenschatten und ohne Daten ist, in % des Polygons. Masken eines Tages werden zusammengesetzt, sodass eine Fläche auf mehreren Kacheln liegen darf.&lt;/p&gt;&lt;p&gt;Geben Sie Masken oder Szenen an, oder einen Ordner oder eine Liste davon. Szenen ohne Maske werden zuerst maskiert, nur dort, wo die Flächen sind. In einem Ordner ist NAME_mask.tif die Maske von NAME.tif. Die Tage kommen aus der Zeit der Layer, den Metadaten oder den Dateinamen; das Protokoll sagt, woher. Was keinen Tag hat, wird ausgelassen.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Flächen nach Datum&lt;/b&gt;: ein Polygon für jede Fläche und jeden Tag. &lt;b&gt;usable&lt;/b&gt;: 1, wo mindestens so viel klar ist wie gewünscht, sonst 0. &lt;b&gt;rank&lt;/b&gt;: 1 für den klarsten Tag der Fläche. Die Zeit des Layers ist eingestellt: Öffnen Sie die Zeitsteuerung.&lt;br/&gt;&lt;b&gt;Tabelle&lt;/b&gt;: dasselbe ohne Polygone, als CSV.&lt;/p&gt;&lt;p&gt;Das Protokoll nennt die besten Daten jeder Fläche und ihre längste Zeit ohne ein brauchbares.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>A field that names them. Not set: their numbers.</source>
            <translation>Ein Feld mit ihren Namen. Nicht gesetzt: ihre Nummern.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>A temporary file could not be written: {reason}.</source>
            <translation>Eine temporäre Datei konnte nicht geschrieben werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>A text file with one path a line, or a CSV file with the column scene and, if wanted, bands and radiometry, as the command cloudmamba batch takes it. Relative paths are relative to the folder of the list, else to the current folder.</source>
            <translation>Eine Textdatei mit einem Pfad je Zeile oder eine CSV-Datei mit der Spalte scene und, wenn gewünscht, bands und radiometry, wie sie der Befehl cloudmamba batch nimmt. Relative Pfade gelten vom Ordner der Liste aus, sonst vom aktuellen Ordner aus.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>All rasters (tif, jp2, vrt, img) and products (such as Sentinel-2 as SAFE folder or zip) in it; NAME_mask.tif is the mask of NAME.tif or of the product NAME.</source>
            <translation>Alle Raster (tif, jp2, vrt, img) und Produkte (etwa Sentinel-2 als SAFE-Ordner oder zip) darin; NAME_mask.tif ist die Maske von NAME.tif oder vom Produkt NAME.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Areas</source>
            <translation>Flächen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Areas by date</source>
            <translation>Flächen nach Datum</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Best date: clearest, mean of all areas</source>
            <translation>Bestes Datum: das klarste, Mittel aller Flächen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>CSV files (*.csv)</source>
            <translation>CSV-Dateien (*.csv)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Cloud cover of areas by date</source>
            <translation>Bewölkung von Flächen nach Datum</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Cloud masks</source>
            <translation>Wolkenmasken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Folder of masks or scenes</source>
            <translation>Ordner mit Masken oder Szenen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Give layers (masks, scenes), or a folder, or a list.</source>
            <translation>Geben Sie Layer (Masken, Szenen) an, oder einen Ordner, oder eine Liste.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>How clear each polygon is on each day: best dates and gaps.</source>
            <translation>Wie klar jedes Polygon an jedem Tag ist: beste Daten und Lücken.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Images whose clouds are detected first, where the areas are.</source>
            <translation>Bilder, deren Wolken zuerst erkannt werden, dort, wo die Flächen sind.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>List of masks or scenes</source>
            <translation>Liste von Masken oder Szenen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Lists (*.txt *.csv)</source>
            <translation>Listen (*.txt *.csv)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Longest time without a usable date in an area, days</source>
            <translation>Längste Zeit ohne brauchbares Datum in einer Fläche, Tage</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Names of the areas</source>
            <translation>Namen der Flächen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>No mask or scene meets {count} of the areas, such as '{area}': check where they lie, and the CRS of the layers.</source>
            <translation>Keine Maske oder Szene trifft {count} der Gebiete, etwa „{area}“: Prüfen Sie, wo sie liegen, und das KBS der Layer.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Nothing that was given has a day.</source>
            <translation>Nichts von dem, was angegeben wurde, hat einen Tag.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Number of days</source>
            <translation>Zahl der Tage</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Of an area: days with less than this count as gaps.</source>
            <translation>Einer Fläche: Tage mit weniger zählen als Lücken.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>One polygon for each area and day.</source>
            <translation>Ein Polygon für jede Fläche und jeden Tag.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Polygons in any CRS.</source>
            <translation>Polygone in einem beliebigen KBS.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Scenes</source>
            <translation>Szenen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Several areas are called '{name}': choose a field that tells them apart.</source>
            <translation>Mehrere Flächen heißen „{name}“: Wählen Sie ein Feld, das sie unterscheidet.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Several masks of {day} were made of '{image}', and the first one counts: {masks}.</source>
            <translation>Mehrere Masken vom {day} wurden aus „{image}“ gemacht, und die erste zählt: {masks}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Table</source>
            <translation>Tabelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>That is, not as clear. Off: what is in shadow is clear.</source>
            <translation>Also nicht als klar. Aus: Was im Schatten liegt, ist klar.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>The layer of areas has no polygons.</source>
            <translation>Der Layer der Flächen hat keine Polygone.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>The same without polygons.</source>
            <translation>Dasselbe ohne Polygone.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>Usable from, % clear</source>
            <translation>Brauchbar ab, % klar</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>cloud,clouds,time series,date,best date,field,parcel,area of interest,clear,gap,temporal,chart,table,csv</source>
            <translation>Wolke,Wolken,Zeitreihe,Datum,bestes Datum,Feld,Schlag,Untersuchungsgebiet,klar,Lücke,zeitlich,Diagramm,Tabelle,csv</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>{area}: clearest on {days}</source>
            <translation>{area}: am klarsten am {days}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>{area}: longest time between usable dates 1 day, {first} to {last}</source>
            <translation>{area}: längste Zeit zwischen brauchbaren Daten 1 Tag, {first} bis {last}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/areas_by_date.py" />
            <source>{area}: longest time between usable dates {count} days, {first} to {last}</source>
            <translation>{area}: längste Zeit zwischen brauchbaren Daten {count} Tage, {first} bis {last}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/base.py" />
            <source>Buffer around clouds</source>
            <translation>Puffer um Wolken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/base.py" />
            <source>Cloud mask</source>
            <translation>Wolkenmaske</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/base.py" />
            <source>Cloud shadow counts as cloud</source>
            <translation>Wolkenschatten zählt als Wolke</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/base.py" />
            <source>Metres</source>
            <translation>Meter</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/base.py" />
            <source>Metres need a raster with a CRS.</source>
            <translation>Meter brauchen ein Raster mit einem KBS.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/base.py" />
            <source>Pixels</source>
            <translation>Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/base.py" />
            <source>Pixels that lie no further than this from a cloud count as cloud. 0: none.</source>
            <translation>Pixel, die nicht weiter als so weit von einer Wolke entfernt sind, zählen als Wolke. 0: keine.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/base.py" />
            <source>The buffer is {width:.0f} pixels wide: give one of at most {most}.</source>
            <translation>Der Puffer ist {width:.0f} Pixel breit: Geben Sie einen von höchstens {most} an.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/base.py" />
            <source>The raster has no CRS, so metres mean nothing there: give pixels.</source>
            <translation>Das Raster hat kein KBS, Meter bedeuten dort nichts: Geben Sie Pixel an.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/base.py" />
            <source>Unit of the buffer</source>
            <translation>Einheit des Puffers</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>'{mask}' is left out: its scene is not in the folder.</source>
            <translation>„{mask}“ wird ausgelassen: Die Szene dazu ist nicht im Ordner.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>'{mask}' was made of '{image}' and is taken for '{scene}'.</source>
            <translation>„{mask}“ wurde aus „{image}“ gemacht und gilt für „{scene}“.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>&lt;p&gt;Takes every part of the image from a scene that is clear there. It does so by patches and not pixel by pixel: of scenes that are about equally clear around a pixel the preferred one is taken, and lone pixels follow their neighbours. Cloud shadow is left out where the masks have it.&lt;/p&gt;&lt;p&gt;Without masks Detect clouds is run on every scene first. Masks and uncertainties that are given belong to the scenes they say they were made of, else to those at their place in the list. In a folder NAME_mask.tif and NAME_uncertainty.tif are those of NAME.tif.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Composite&lt;/b&gt;: bands, data type, no-data value, pixel size and CRS as in the first scene. It covers all scenes, or the extent. Scenes of other tiles and CRSs are brought onto its pixels (nearest pixel). Values are copied and not changed, apart from feathered seams: give scenes of the same radiometry.&lt;br/&gt;&lt;b&gt;Scene of each pixel&lt;/b&gt;: the number of the scene (first band; 0 for none) and what it shows there (second band: 0 clear, 1 cloud or near one, 2 cloud shadow).&lt;br/&gt;&lt;b&gt;Date of each pixel&lt;/b&gt;: when that scene was taken, as YYYYMMDD, from the time of its layer, its metadata or its file's name; the log says which.&lt;br/&gt;&lt;b&gt;Clear observations&lt;/b&gt;: how many scenes are clear there.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Nimmt jeden Teil des Bildes aus einer Szene, die dort klar ist. Das geschieht in Flecken und nicht Pixel für Pixel: Von Szenen, die um ein Pixel herum etwa gleich klar sind, wird die bevorzugte genommen, und einzelne Pixel folgen ihren Nachbarn. Wolkenschatten wird ausgelassen, wo die Masken ihn haben.&lt;/p&gt;&lt;p&gt;Ohne Masken läuft zuerst „Wolken erkennen“ auf jeder Szene. Gegebene Masken und Unsicherheiten gehören zu den Szenen, aus denen sie nach eigener Angabe gemacht wurden, sonst zu denen an ihrer Stelle in der Liste. In einem Ordner sind NAME_mask.tif und NAME_uncertainty.tif die von NAME.tif.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Komposit&lt;/b&gt;: Kanäle, Datentyp, Wert für keine Daten, Pixelgröße und KBS wie in der ersten Szene. Es deckt alle Szenen ab oder die Ausdehnung. Szenen anderer Kacheln und KBS werden auf seine Pixel gebracht (nächstes Pixel). Werte werden kopiert und nicht verändert, außer an weich geblendeten Nähten: Geben Sie Szenen derselben Radiometrie an.&lt;br/&gt;&lt;b&gt;Szene jedes Pixels&lt;/b&gt;: die Nummer der Szene (erster Kanal; 0 für keine) und was sie dort zeigt (zweiter Kanal: 0 klar, 1 Wolke oder nahe einer, 2 Wolkenschatten).&lt;br/&gt;&lt;b&gt;Datum jedes Pixels&lt;/b&gt;: wann diese Szene aufgenommen wurde, als JJJJMMTT, aus der Zeit ihres Layers, ihren Metadaten oder ihrem Dateinamen; das Protokoll sagt, woher.&lt;br/&gt;&lt;b&gt;Klare Beobachtungen&lt;/b&gt;: wie viele Szenen dort klar sind.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>An image like the first scene.</source>
            <translation>Ein Bild wie die erste Szene.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Band 1: number of the scene, 0 none. Band 2: 0 where it is clear, 1 where it is cloud or near one, 2 where it is cloud shadow.</source>
            <translation>Kanal 1: Nummer der Szene, 0 keine. Kanal 2: 0, wo sie klar ist, 1, wo Wolke oder eine Wolke nahe ist, 2, wo Wolkenschatten ist.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Clear observations</source>
            <translation>Klare Beobachtungen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Clear-sky composite</source>
            <translation>Wolkenfreies Komposit</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Cloud and shadow left, % of the valid pixels</source>
            <translation>Verbliebene Wolke und Schatten, % der gültigen Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Date of each pixel</source>
            <translation>Datum jedes Pixels</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Equally clear up to</source>
            <translation>Gleich klar bis</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Extent</source>
            <translation>Ausdehnung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Feather seams, pixels</source>
            <translation>Nähte weich blenden, Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Fill pixels that are cloud in every scene</source>
            <translation>Pixel füllen, die in jeder Szene Wolke sind</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Folder of scenes</source>
            <translation>Ordner mit Szenen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Give as many masks as scenes, or none.</source>
            <translation>Geben Sie so viele Masken wie Szenen an oder keine.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Give as many uncertainties as masks, in the same order, or none.</source>
            <translation>Geben Sie so viele Unsicherheiten wie Masken an, in derselben Reihenfolge, oder keine.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Give either scenes or a folder of scenes.</source>
            <translation>Geben Sie entweder Szenen oder einen Ordner mit Szenen an.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>How clear a scene is at a pixel is judged so far around it. 0: each pixel by itself, which looks like salt and pepper.</source>
            <translation>Wie klar eine Szene an einem Pixel ist, wird so weit um das Pixel herum beurteilt. 0: jedes Pixel für sich, was wie Salz und Pfeffer aussieht.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>How many scenes are clear at each pixel.</source>
            <translation>Wie viele Szenen an jedem Pixel klar sind.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Images with the same bands; the first gives pixel size and CRS.</source>
            <translation>Bilder mit denselben Kanälen; das erste gibt Pixelgröße und KBS vor.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Instead of scenes: all rasters (tif, jp2, vrt, img) and products (such as Sentinel-2 as SAFE folder or zip) in this folder, by name. Cannot be used with masks of your own.</source>
            <translation>Anstelle von Szenen: alle Raster (tif, jp2, vrt, img) und Produkte (etwa Sentinel-2 als SAFE-Ordner oder zip) in diesem Ordner, nach Namen. Nicht zusammen mit eigenen Masken.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>It is left out where a clear scene is there. Off: it counts as clear.</source>
            <translation>Er wird ausgelassen, wo es eine klare Szene gibt. Aus: Er zählt als klar.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Makes one image of several scenes from their clearest parts.</source>
            <translation>Macht aus den klarsten Teilen mehrerer Szenen ein Bild.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Masks and uncertainties are listed in another order than the scenes: each is taken for the scene that it was made of.</source>
            <translation>Masken und Unsicherheiten sind in anderer Reihenfolge aufgeführt als die Szenen: Jede gilt für die Szene, aus der sie gemacht wurde.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Of scenes that are equally clear, prefer</source>
            <translation>Von gleich klaren Szenen bevorzugen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Of two that are equal in this, too, the one that is listed first.</source>
            <translation>Von zweien, die auch darin gleich sind, die zuerst aufgeführte.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>One for each mask, in the same order. Not set: all that is clear is equal.</source>
            <translation>Eine für jede Maske, in derselben Reihenfolge. Nicht gesetzt: Alles Klare gilt gleich viel.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>One for each scene, in any order if they tell of which image they were made, else in the same one. Not set: clouds are detected.</source>
            <translation>Eine für jede Szene, in beliebiger Reihenfolge, wenn sie nennen, aus welchem Bild sie gemacht wurden, sonst in derselben. Nicht gesetzt: Wolken werden erkannt.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Scene of each pixel</source>
            <translation>Szene jedes Pixels</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Scenes are equally clear if their cloud probability (0 to 1, averaged over the patch) differs by no more than this. Larger: fewer seams; smaller: surer pixels.</source>
            <translation>Szenen sind gleich klar, wenn sich ihre Wolkenwahrscheinlichkeit (0 bis 1, über den Fleck gemittelt) um nicht mehr als dies unterscheidet. Größer: weniger Nähte; kleiner: sicherere Pixel.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Several scenes are called '{image}', and '{mask}' is taken for '{scene}': list the masks in the order of the scenes, or keep each beside its scene.</source>
            <translation>Mehrere Szenen heißen „{image}“, und „{mask}“ wird für „{scene}“ genommen: Führen Sie die Masken in der Reihenfolge der Szenen auf, oder legen Sie jede neben ihre Szene.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Size of patches, pixels</source>
            <translation>Größe der Flecken, Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>The folder '{folder}' has masks only and no scenes.</source>
            <translation>Der Ordner „{folder}“ hat nur Masken und keine Szenen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>The newest or oldest scene is not known: {scenes} have no date.</source>
            <translation>Die neueste oder älteste Szene ist nicht bekannt: {scenes} haben kein Datum.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Uncertainties</source>
            <translation>Unsicherheiten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Uncertainty is not used: these scenes have none: {scenes}.</source>
            <translation>Die Unsicherheit wird nicht benutzt: diese Szenen haben keine: {scenes}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Valid, % of all pixels</source>
            <translation>Gültig, % aller Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>What the composite covers. Not set: all scenes together.</source>
            <translation>Was das Komposit abdeckt. Nicht gesetzt: alle Szenen zusammen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>When its scene was taken, as the number YYYYMMDD.</source>
            <translation>Wann seine Szene aufgenommen wurde, als Zahl JJJJMMTT.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>Where scenes meet they are blended so far into each other, if both are clear. 0: values are copied and not changed.</source>
            <translation>Wo Szenen aneinanderstoßen, werden sie so weit ineinander geblendet, wenn beide klar sind. 0: Werte werden kopiert und nicht verändert.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>With what is the least cloudy. Off: they have no data.</source>
            <translation>Mit dem, was am wenigsten bewölkt ist. Aus: Sie haben keine Daten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>cloud,clouds,cloud-free,cloudless,mosaic,composite,best pixel,time series,merge</source>
            <translation>wolke,wolken,wolkenfrei,wolkenlos,mosaik,komposit,bestes pixel,zeitreihe,zusammenführen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>the newest</source>
            <translation>die neueste</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>the oldest</source>
            <translation>die älteste</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>the one that is clearest as a whole</source>
            <translation>die im Ganzen klarste</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>the one that is listed first</source>
            <translation>die zuerst aufgeführte</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/clear_sky_composite.py" />
            <source>{place}. Scene {number}: {scene} ({mask})</source>
            <translation>{place}. Szene {number}: {scene} ({mask})</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>&lt;p&gt;Makes a polygon of every cloud of a mask, along the edges of its pixels and in the CRS of the mask. Pixels that touch only at a corner are different clouds.&lt;/p&gt;&lt;p&gt;&lt;b&gt;class&lt;/b&gt;: cloud or shadow, that is cloud shadow, where the mask has it.&lt;br/&gt;&lt;b&gt;area_m2&lt;/b&gt;: area on the ellipsoid, in square metres.&lt;br/&gt;&lt;b&gt;uncertainty_mean&lt;/b&gt;, &lt;b&gt;uncertainty_max&lt;/b&gt;: over the pixels of the cloud, where an uncertainty raster is given.&lt;/p&gt;&lt;p&gt;For fewer and rounder polygons, run Adjust cloud mask on the probability with a smallest cloud first, or Simplify on the result.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Macht aus jeder Wolke einer Maske ein Polygon, entlang der Pixelkanten und im KBS der Maske. Pixel, die sich nur an einer Ecke berühren, sind verschiedene Wolken.&lt;/p&gt;&lt;p&gt;&lt;b&gt;class&lt;/b&gt;: cloud (Wolke) oder shadow (Wolkenschatten), wo die Maske ihn hat.&lt;br/&gt;&lt;b&gt;area_m2&lt;/b&gt;: Fläche auf dem Ellipsoid in Quadratmetern.&lt;br/&gt;&lt;b&gt;uncertainty_mean&lt;/b&gt;, &lt;b&gt;uncertainty_max&lt;/b&gt;: über die Pixel der Wolke, wenn ein Unsicherheitsraster gegeben ist.&lt;/p&gt;&lt;p&gt;Für weniger und rundere Polygone lassen Sie zuerst „Wolkenmaske anpassen“ mit einer kleinsten Wolke laufen oder danach „Vereinfachen“.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>Area of all clouds, m²</source>
            <translation>Fläche aller Wolken, m²</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>Cloud polygons</source>
            <translation>Wolkenpolygone</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>Its mean and maximum become attributes of each cloud. May lie on another grid.</source>
            <translation>Mittel und Maximum werden Attribute jeder Wolke. Darf auf einem anderen Gitter liegen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>Number of clouds</source>
            <translation>Anzahl der Wolken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>One feature a cloud.</source>
            <translation>Ein Objekt je Wolke.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>Polygons of cloud shadow, too</source>
            <translation>Auch Polygone von Wolkenschatten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>The mask could not be made polygons: {reason}.</source>
            <translation>Aus der Maske konnten keine Polygone gemacht werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>The mask has no CRS, so the areas are not known.</source>
            <translation>Die Maske hat kein KBS, deshalb sind die Flächen nicht bekannt.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>Turns a cloud mask into polygons with area and uncertainty.</source>
            <translation>Macht aus einer Wolkenmaske Polygone mit Fläche und Unsicherheit.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>Uncertainty</source>
            <translation>Unsicherheit</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>Where the mask has it (2). Off: of clouds only.</source>
            <translation>Wo die Maske ihn hat (2). Aus: nur von Wolken.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>cloud,clouds,mask,polygonize,polygonise,vectorize,vector,area,outline</source>
            <translation>wolke,wolken,maske,polygonisieren,vektorisieren,vektor,fläche,umriss</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_polygons.py" />
            <source>{count} clouds, {area:.3f} km²</source>
            <translation>{count} Wolken, {area:.3f} km²</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>&lt;p&gt;Adds the cloud cover to every polygon of a layer, such as fields or tiles; without a layer the result is one polygon, the outline of the mask.&lt;/p&gt;&lt;p&gt;&lt;b&gt;valid_pixels&lt;/b&gt;: pixels that are clear, cloud or cloud shadow and have their middle in the zone; of a zone without such a middle parts of pixels.&lt;br/&gt;&lt;b&gt;cloud_pixels&lt;/b&gt;: those that are cloud.&lt;br/&gt;&lt;b&gt;cloud_percent&lt;/b&gt;: cloud, in % of the valid pixels; empty where there are none.&lt;br/&gt;&lt;b&gt;shadow_pixels&lt;/b&gt;, &lt;b&gt;shadow_percent&lt;/b&gt;: the same of cloud shadow, which is neither cloud nor clear.&lt;br/&gt;&lt;b&gt;valid_percent&lt;/b&gt;: how much of the zone's area the valid pixels cover.&lt;br/&gt;&lt;b&gt;uncertainty_mean&lt;/b&gt;: where an uncertainty raster is given.&lt;/p&gt;&lt;p&gt;The zones keep their CRS and attributes.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Fügt jedem Polygon eines Layers, etwa Feldern oder Kacheln, die Bewölkung hinzu; ohne Layer ist das Ergebnis ein Polygon, der Umriss der Maske.&lt;/p&gt;&lt;p&gt;&lt;b&gt;valid_pixels&lt;/b&gt;: Pixel, die klar, Wolke oder Wolkenschatten sind und deren Mitte in der Zone liegt; von einer Zone ohne eine solche Mitte Teile von Pixeln.&lt;br/&gt;&lt;b&gt;cloud_pixels&lt;/b&gt;: davon die mit Wolke.&lt;br/&gt;&lt;b&gt;cloud_percent&lt;/b&gt;: Wolke in % der gültigen Pixel; leer, wo es keine gibt.&lt;br/&gt;&lt;b&gt;shadow_pixels&lt;/b&gt;, &lt;b&gt;shadow_percent&lt;/b&gt;: dasselbe von Wolkenschatten, der weder Wolke noch klar ist.&lt;br/&gt;&lt;b&gt;valid_percent&lt;/b&gt;: welchen Teil der Zonenfläche die gültigen Pixel bedecken.&lt;br/&gt;&lt;b&gt;uncertainty_mean&lt;/b&gt;: wenn ein Unsicherheitsraster gegeben ist.&lt;/p&gt;&lt;p&gt;Die Zonen behalten KBS und Attribute.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>Cloud cover of the valid pixels in each polygon, or of the whole raster.</source>
            <translation>Bewölkung der gültigen Pixel in jedem Polygon oder im ganzen Raster.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>Cloud shadow, % of valid pixels of the raster</source>
            <translation>Wolkenschatten, % der gültigen Pixel des Rasters</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>Cloud statistics</source>
            <translation>Wolkenstatistik</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>Cloud, % of valid pixels of the raster</source>
            <translation>Wolke, % der gültigen Pixel des Rasters</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>Its mean becomes an attribute of each zone. May lie on another grid.</source>
            <translation>Das Mittel wird ein Attribut jeder Zone. Darf auf einem anderen Gitter liegen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>Polygons in any CRS. Not set: the whole raster is one zone.</source>
            <translation>Polygone in beliebigem KBS. Nicht gesetzt: Das ganze Raster ist eine Zone.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>The zones with their cloud cover.</source>
            <translation>Die Zonen mit ihrer Bewölkung.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>Valid, % of all pixels of the raster</source>
            <translation>Gültig, % aller Pixel des Rasters</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>Zones</source>
            <translation>Zonen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/cloud_statistics.py" />
            <source>cloud,clouds,mask,cloud cover,cloudiness,percent,zonal statistics,zones,table</source>
            <translation>wolke,wolken,maske,bewölkung,bedeckung,prozent,zonale statistik,zonen,tabelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>0 (sure) to 1 (undecided), NaN where there is no data.</source>
            <translation>0 (sicher) bis 1 (unentschieden), NaN ohne Daten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>0 clear, 1 cloud, 2 cloud shadow where it is wanted, 255 no data.</source>
            <translation>0 klar, 1 Wolke, 2 Wolkenschatten, wo er gewünscht ist, 255 keine Daten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>0 to 1, NaN where there is no data.</source>
            <translation>0 bis 1, NaN ohne Daten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>0 to 1, NaN where there is no data. Adjust cloud mask keeps shadow with it.</source>
            <translation>0 bis 1, NaN ohne Daten. „Wolkenmaske anpassen“ behält damit die Schatten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>&lt;p&gt;Finds the clouds of a satellite image and says how sure it is. Blue, green and red are needed; near infrared makes the mask better.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Cloud mask&lt;/b&gt;: 0 clear, 1 cloud, 255 no data; 2 cloud shadow where it is wanted.&lt;br/&gt;&lt;b&gt;Uncertainty&lt;/b&gt;: 0 (sure) to 1 (undecided) for each pixel of the mask.&lt;/p&gt;&lt;p&gt;Both lie on the grid and in the CRS of the image. Bands and radiometry are found out where they are not given; the log says what was used and why. Where the values cannot be reflectance the run stops with a message instead of a wrong mask.&lt;/p&gt;&lt;p&gt;The image is worked through in overlapping tiles by a separate program, the engine, on this computer; nothing is sent anywhere. A cancelled or failed run leaves no files and no changed files.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Findet die Wolken eines Satellitenbildes und sagt, wie sicher das ist. Blau, Grün und Rot werden gebraucht; nahes Infrarot macht die Maske besser.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Wolkenmaske&lt;/b&gt;: 0 klar, 1 Wolke, 255 keine Daten; 2 Wolkenschatten, wo er gewünscht ist.&lt;br/&gt;&lt;b&gt;Unsicherheit&lt;/b&gt;: 0 (sicher) bis 1 (unentschieden) für jedes Pixel der Maske.&lt;/p&gt;&lt;p&gt;Beide liegen auf dem Gitter und im KBS des Bildes. Kanäle und Radiometrie werden herausgefunden, wo sie nicht angegeben sind; das Protokoll sagt, was verwendet wurde und warum. Können die Werte keine Reflexion sein, bricht der Lauf mit einer Meldung ab, statt eine falsche Maske zu liefern.&lt;/p&gt;&lt;p&gt;Das Bild wird in überlappenden Kacheln von einem eigenen Programm, der Engine, auf diesem Rechner bearbeitet; nichts wird irgendwohin gesendet. Ein abgebrochener oder fehlgeschlagener Lauf hinterlässt keine Dateien und verändert keine.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>A look at a quarter of the resolution comes first, and only what it is not sure of is computed in full. About half of the time where there is hardly a cloud, up to a tenth more elsewhere. Small clouds in what looks clear may be missed.</source>
            <translation>Erst wird bei einem Viertel der Auflösung geschaut, und nur was dabei nicht sicher ist, wird voll berechnet. Etwa die Hälfte der Zeit, wo kaum Wolken sind, sonst bis zu einem Zehntel mehr. Kleine Wolken in dem, was klar aussieht, können übersehen werden.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>A raster of three or more bands in one file: blue, green, red, near infrared.</source>
            <translation>Ein Raster mit drei oder mehr Kanälen in einer Datei: Blau, Grün, Rot, nahes Infrarot.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>All files</source>
            <translation>Alle Dateien</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>All that was used and found, as JSON</source>
            <translation>Alles, was verwendet und gefunden wurde, als JSON</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Areas of one value along the edges are taken for no data, and that is told. On: they are part of the image.</source>
            <translation>Flächen eines einzigen Wertes am Rand gelten als „keine Daten“, und das wird gemeldet. Ein: Sie gehören zum Bild.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Band numbers of blue, green, red and near infrared, such as 1,2,3,4 or red=1,green=2,blue=3; without near infrared three numbers. Empty: found out from the band names, the product and the values.</source>
            <translation>Kanalnummern von Blau, Grün, Rot und nahem Infrarot, etwa 1,2,3,4 oder red=1,green=2,blue=3; ohne nahes Infrarot drei Nummern. Leer: aus Kanalnamen, Produkt und Werten herausgefunden.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Bands</source>
            <translation>Kanäle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Buffer around clouds (pixels)</source>
            <translation>Puffer um Wolken (Pixel)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cancelled; nothing was written.</source>
            <translation>Abgebrochen; nichts wurde geschrieben.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Class 2 of the mask, where it is not cloud. The model may take dark water and the shadow of mountains for it. That of a product needs a product with a mask of its own, such as the scene classification of Sentinel-2.</source>
            <translation>Klasse 2 der Maske, wo keine Wolke ist. Das Modell hält mitunter dunkles Wasser und Bergschatten dafür. Den des Produkts gibt es nur bei einem Produkt mit eigener Maske, etwa der Szenenklassifikation von Sentinel-2.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Clear patches smaller than this become cloud.</source>
            <translation>Klare Flecken, die kleiner sind, werden Wolke.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud probability</source>
            <translation>Wolkenwahrscheinlichkeit</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud probability above which a pixel that the first pass is sure of is cloud. Not set: that of the model.</source>
            <translation>Wolkenwahrscheinlichkeit, über der ein Pixel, bei dem der erste Durchgang sicher ist, Wolke ist. Nicht gesetzt: die des Modells.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud probability above which a pixel that the second pass decides is cloud. Not set: that of the model.</source>
            <translation>Wolkenwahrscheinlichkeit, über der ein Pixel, das der zweite Durchgang entscheidet, Wolke ist. Nicht gesetzt: die des Modells.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud shadow</source>
            <translation>Wolkenschatten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud shadow probability</source>
            <translation>Wahrscheinlichkeit von Wolkenschatten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud shadow {shadow:.1f} % of valid pixels</source>
            <translation>Wolkenschatten {shadow:.1f} % der gültigen Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud shadow, % of valid pixels</source>
            <translation>Wolkenschatten, % der gültigen Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud threshold, refined pixels</source>
            <translation>Wolkenschwelle, verfeinerte Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud threshold, sure pixels</source>
            <translation>Wolkenschwelle, sichere Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud {cloud:.1f} % of valid pixels ({valid:.1f} % of the image), mean uncertainty {uncertainty:.3f}, {seconds:.1f} s</source>
            <translation>Wolke {cloud:.1f} % der gültigen Pixel ({valid:.1f} % des Bildes), mittlere Unsicherheit {uncertainty:.3f}, {seconds:.1f} s</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Cloud, % of valid pixels</source>
            <translation>Wolke, % der gültigen Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Clouds are outlined further out in images of up to 20 m than in those of 30 m and more. Not set: as the map tells, and half-way for an image that lies in none.</source>
            <translation>Wolken werden in Bildern von bis zu 20 m weiter außen umrissen als in solchen von 30 m und mehr. Nicht gesetzt: wie die Karte es sagt, und auf halbem Weg bei einem Bild, das in keiner liegt.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Clouds smaller than this become clear. Pixels touching at a corner are one.</source>
            <translation>Wolken, die kleiner sind, werden klar. Pixel, die sich an einer Ecke berühren, gehören zusammen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Detect clouds</source>
            <translation>Wolken erkennen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Device</source>
            <translation>Gerät</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Device used</source>
            <translation>Verwendetes Gerät</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Four bands: probability of the first pass, its uncertainty, where it was trusted (1) or not (0), probability of the second pass. Takes longer.</source>
            <translation>Vier Kanäle: Wahrscheinlichkeit des ersten Durchgangs, seine Unsicherheit, wo ihm getraut wurde (1) oder nicht (0), Wahrscheinlichkeit des zweiten Durchgangs. Dauert länger.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Give either a satellite image or a product, or bands in layers of their own.</source>
            <translation>Geben Sie entweder ein Satellitenbild oder ein Produkt an, oder Kanäle in eigenen Layern.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Give three layers or more: blue, green and red are needed.</source>
            <translation>Geben Sie drei oder mehr Layer an: Blau, Grün und Rot werden gebraucht.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>How the stored numbers become reflectance. auto: found out and checked. reflectance: they are reflectance of 0 to 1. percent: of 0 to 100. scale:S or scale:S,OFFSET: number × S + OFFSET. uint16: 0 to 1 stretched over 16 bits. counts:BITS: raw counts of a sensor. picture: an 8-bit picture. Or a product: sentinel2 (before baseline 04.00), sentinel2-offset (from 04.00 on), landsat-collection2-level1, landsat-collection2-level2, planetscope-sr, gaofen1-wfv.</source>
            <translation>Wie aus den gespeicherten Zahlen Reflexion wird. auto: herausgefunden und geprüft. reflectance: Sie sind Reflexion von 0 bis 1. percent: von 0 bis 100. scale:S oder scale:S,OFFSET: Zahl × S + OFFSET. uint16: 0 bis 1, auf 16 Bit gestreckt. counts:BITS: Rohwerte eines Sensors. picture: ein 8-Bit-Bild. Oder ein Produkt: sentinel2 (vor Baseline 04.00), sentinel2-offset (ab 04.00), landsat-collection2-level1, landsat-collection2-level2, planetscope-sr, gaofen1-wfv.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Keep fill that is not declared</source>
            <translation>Nicht deklarierte Füllwerte behalten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Makes a cloud mask and an uncertainty map of a satellite image.</source>
            <translation>Macht eine Wolkenmaske und eine Unsicherheitskarte eines Satellitenbildes.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Mask of the product</source>
            <translation>Maske des Produkts</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Mean uncertainty</source>
            <translation>Mittlere Unsicherheit</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Or a product</source>
            <translation>Oder ein Produkt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Or bands in layers of their own</source>
            <translation>Oder Kanäle in eigenen Layern</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Pixel size on the ground</source>
            <translation>Pixelgröße am Boden</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Pixel size on the ground (metres)</source>
            <translation>Pixelgröße am Boden (Meter)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Pixels with no less uncertainty than this are decided by the second pass; at 1 none is. Not set: that of the model.</source>
            <translation>Pixel mit mindestens dieser Unsicherheit entscheidet der zweite Durchgang, bei 1 keine. Nicht gesetzt: die des Modells.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Quick look first</source>
            <translation>Erst grob schauen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Size of the pixels that are read and written, such as 20 for bands of 10 m: a quarter of the work. Not set: that of the image.</source>
            <translation>Größe der Pixel, die gelesen und geschrieben werden, etwa 20 bei Kanälen von 10 m: ein Viertel der Arbeit. Nicht gesetzt: die des Bildes.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Smallest cloud (pixels)</source>
            <translation>Kleinste Wolke (Pixel)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Smallest hole (pixels)</source>
            <translation>Kleinstes Loch (Pixel)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Stages of the decision</source>
            <translation>Stufen der Entscheidung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>The engine says that it is done, but '{path}' is missing or not on the grid of the image.</source>
            <translation>Die Engine meldet, dass sie fertig ist, aber „{path}“ fehlt oder liegt nicht auf dem Gitter des Bildes.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>The mask that the product itself brings, on the same grid: 0 clear, 1 cloud, 2 cloud shadow, 4 snow or ice, 255 no data. Evaluate cloud mask compares both.</source>
            <translation>Die Maske, die das Produkt selbst mitbringt, auf demselben Raster: 0 klar, 1 Wolke, 2 Wolkenschatten, 4 Schnee oder Eis, 255 keine Daten. Wolkenmaske bewerten vergleicht beide.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>There is no product '{path}'.</source>
            <translation>Es gibt kein Produkt „{path}“.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Three layers or more of one band each, in any order, in place of an image. Which is which is told by their names, or by the product that their files belong to.</source>
            <translation>Drei oder mehr Layer mit je einem Band, in beliebiger Reihenfolge, anstelle eines Bildes. Welches welches ist, sagen ihre Namen oder das Produkt, zu dem ihre Dateien gehören.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Trust first pass below</source>
            <translation>Erstem Durchgang trauen unter</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Values</source>
            <translation>Werte</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>What was downloaded, in place of a layer: a folder, a zip or tar file, or the metadata file (MTD, MTL, STAC item) of Sentinel-2, Landsat, HLS, PlanetScope, Gaofen-1 and 6 WFV, CBERS or Amazonia-1. Bands and units are those of the product.</source>
            <translation>Was heruntergeladen wurde, anstelle eines Layers: ein Ordner, eine zip- oder tar-Datei oder die Metadatendatei (MTD, MTL, STAC-Item) von Sentinel-2, Landsat, HLS, PlanetScope, Gaofen-1 und 6 WFV, CBERS oder Amazonia-1. Kanäle und Einheiten sind die des Produkts.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>Working resolution (units of the map)</source>
            <translation>Arbeitsauflösung (Einheiten der Karte)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>as the model finds it</source>
            <translation>wie das Modell ihn findet</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>as the product has it</source>
            <translation>wie das Produkt ihn angibt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>cloud,clouds,mask,cloud mask,haze,cirrus,uncertainty,probability,satellite,sentinel-2,landsat,planetscope,gaofen,deep learning,mamba,segmentation</source>
            <translation>wolke,wolken,maske,wolkenmaske,dunst,zirrus,unsicherheit,wahrscheinlichkeit,satellit,sentinel-2,landsat,planetscope,gaofen,deep learning,mamba,segmentierung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>is clear</source>
            <translation>gilt als klar</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detect_clouds.py" />
            <source>not known; outlines are half-way between those of 20 and of 30 m</source>
            <translation>nicht bekannt; Umrisse auf halbem Weg zwischen denen von 20 und von 30 m</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detection_parameters.py" />
            <source>A model file (.safetensors) of your own, or the name of a model that comes with the engine. Empty: the engine's default model.</source>
            <translation>Eine eigene Modelldatei (.safetensors) oder der Name eines Modells, das mit der Engine kommt. Leer: das Standardmodell der Engine.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detection_parameters.py" />
            <source>CloudMamba models</source>
            <translation>CloudMamba-Modelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/detection_parameters.py" />
            <source>auto: a CUDA graphics card where there is one, else the processor. Or: cpu, cuda, cuda:1 and so on.</source>
            <translation>auto: eine CUDA-Grafikkarte, wo es eine gibt, sonst der Prozessor. Oder: cpu, cuda, cuda:1 und so weiter.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>'{code}' is no code: give numbers and ranges such as 2,8-10.</source>
            <translation>„{code}“ ist kein Code: Geben Sie Zahlen und Bereiche an, etwa 2,8-10.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>1 in a mask of Detect clouds.</source>
            <translation>1 in einer Maske von „Wolken erkennen“.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>255 in a mask of Detect clouds. May be empty.</source>
            <translation>255 in einer Maske von „Wolken erkennen“. Darf leer sein.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>&lt;p&gt;Compares a cloud mask pixel by pixel with a reference, such as labels drawn by hand or the mask of another method, and gives the confusion matrix, overall accuracy, precision, recall, F1, IoU of cloud and mean IoU as numbers and as a page.&lt;/p&gt;&lt;p&gt;Codes say which values mean cloud and which mean no data; every other value is clear. So the scene classification of Sentinel-2 can be the reference with cloud 8-10 and no data 0. Pixels that either raster has no data for do not count.&lt;/p&gt;&lt;p&gt;A reference on another grid is brought onto that of the mask (nearest pixel). A figure that is undefined, such as the precision of a mask without cloud, is not a number (NaN).&lt;/p&gt;</source>
            <translation>&lt;p&gt;Vergleicht eine Wolkenmaske Pixel für Pixel mit einer Referenz, etwa mit von Hand gezeichneten Flächen oder der Maske eines anderen Verfahrens, und gibt die Konfusionsmatrix, Gesamtgenauigkeit, Präzision, Trefferquote, F1, IoU der Wolken und mittlere IoU als Zahlen und als Seite aus.&lt;/p&gt;&lt;p&gt;Codes sagen, welche Werte Wolke und welche keine Daten bedeuten; jeder andere Wert ist klar. So kann die Szenenklassifikation von Sentinel-2 die Referenz sein, mit Wolke 8-10 und keinen Daten 0. Pixel, für die eines der Raster keine Daten hat, zählen nicht.&lt;/p&gt;&lt;p&gt;Eine Referenz auf einem anderen Gitter wird auf das der Maske gebracht (nächstes Pixel). Eine unbestimmte Zahl, etwa die Präzision einer Maske ohne Wolke, ist keine Zahl (NaN).&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>A page of its own with matrix, figures and what they mean.</source>
            <translation>Eine eigenständige Seite mit Matrix, Zahlen und dem, was sie bedeuten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Codes of cloud in the mask</source>
            <translation>Codes für Wolke in der Maske</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Codes of cloud in the reference</source>
            <translation>Codes für Wolke in der Referenz</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Codes of no data in the mask</source>
            <translation>Codes für keine Daten in der Maske</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Codes of no data in the reference</source>
            <translation>Codes für keine Daten in der Referenz</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Compared pixels: {count:,}</source>
            <translation>Verglichene Pixel: {count:,}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Compares a cloud mask with a reference and says how well they agree.</source>
            <translation>Vergleicht eine Wolkenmaske mit einer Referenz und sagt, wie gut sie übereinstimmen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Confusion matrix</source>
            <translation>Konfusionsmatrix</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Evaluate cloud mask</source>
            <translation>Wolkenmaske bewerten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Evaluation of a cloud mask</source>
            <translation>Bewertung einer Wolkenmaske</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>F1</source>
            <translation>F1</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Figures</source>
            <translation>Zahlen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Give at least one code that means cloud.</source>
            <translation>Geben Sie mindestens einen Code an, der Wolke bedeutet.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>HTML files (*.html)</source>
            <translation>HTML-Dateien (*.html)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>IoU of cloud</source>
            <translation>IoU der Wolken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Left out, as is the no-data value that the file declares. May be empty.</source>
            <translation>Ausgelassen, wie auch der Wert für keine Daten, den die Datei nennt. Darf leer sein.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Mask</source>
            <translation>Maske</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Mask and reference have no pixel in common for which both have data: check that they show the same place, and the codes of no data.</source>
            <translation>Maske und Referenz haben kein gemeinsames Pixel, für das beide Daten haben: Prüfen Sie, ob sie denselben Ort zeigen, und die Codes für keine Daten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Mask: clear</source>
            <translation>Maske: klar</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Mask: cloud</source>
            <translation>Maske: Wolke</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Mean IoU</source>
            <translation>Mittlere IoU</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Numbers and ranges with commas between them, such as 3 or 8-10 or 2,5.</source>
            <translation>Zahlen und Bereiche mit Kommas dazwischen, etwa 3 oder 8-10 oder 2,5.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Overall accuracy</source>
            <translation>Gesamtgenauigkeit</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Pixels of clear called cloud</source>
            <translation>Klare Pixel, die Wolke genannt werden</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Pixels of clear found</source>
            <translation>Gefundene klare Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Pixels of cloud found</source>
            <translation>Gefundene Wolkenpixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Pixels of cloud missed</source>
            <translation>Übersehene Wolkenpixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Precision</source>
            <translation>Präzision</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Recall</source>
            <translation>Trefferquote</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Reference</source>
            <translation>Referenz</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Reference: clear</source>
            <translation>Referenz: klar</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Reference: cloud</source>
            <translation>Referenz: Wolke</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>Report</source>
            <translation>Bericht</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>The mask to evaluate. Its grid is the one on which pixels are compared.</source>
            <translation>Die zu bewertende Maske. Auf ihrem Gitter werden die Pixel verglichen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>What is true: a raster of codes in its first band.</source>
            <translation>Was wahr ist: ein Raster mit Codes in seinem ersten Kanal.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>cloud,clouds,mask,accuracy,assessment,validation,confusion matrix,precision,recall,f1,iou,miou,reference,ground truth</source>
            <translation>wolke,wolken,maske,genauigkeit,bewertung,validierung,konfusionsmatrix,präzision,trefferquote,f1,iou,miou,referenz,bodenwahrheit</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>harmonic mean of precision and recall</source>
            <translation>harmonisches Mittel von Präzision und Trefferquote</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>intersection over union of cloud in mask and reference</source>
            <translation>Schnittmenge durch Vereinigungsmenge der Wolken von Maske und Referenz</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>mean of the IoU of cloud and the IoU of clear</source>
            <translation>Mittel der IoU der Wolken und der IoU der klaren Fläche</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>of all cloud, the part that the mask finds</source>
            <translation>von allen Wolken der Teil, den die Maske findet</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>of what the mask calls cloud, the part that is cloud</source>
            <translation>von dem, was die Maske Wolke nennt, der Teil, der Wolke ist</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>pixels that mask and reference agree about</source>
            <translation>Pixel, bei denen Maske und Referenz übereinstimmen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>undefined</source>
            <translation>unbestimmt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/evaluate_mask.py" />
            <source>{code:g} means cloud and no data, and no data would win: take it out of one of the two.</source>
            <translation>{code:g} bedeutet Wolke und keine Daten, und keine Daten hätte Vorrang: aus einem von beiden streichen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/example_model.py" />
            <source>Example models</source>
            <translation>Beispielmodelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/example_model.py" />
            <source>cloud,clouds,model,workflow,example</source>
            <translation>wolke,wolken,modell,arbeitsablauf,beispiel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/outputs.py" />
            <source>'{path}' is no name for a GeoTIFF: let it end in .tif.</source>
            <translation>„{path}“ ist kein Name für ein GeoTIFF: Er muss auf .tif enden.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/parameter_numbers.py" />
            <source>{parameter} '{value}' is not a number of {least:g} or more: give one, or leave it empty.</source>
            <translation>{parameter} „{value}“ ist keine Zahl von mindestens {least:g}: Geben Sie eine an oder lassen Sie es leer.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/parameter_numbers.py" />
            <source>{parameter} '{value}' is not a number of {least:g} to {most:g}: give one, or leave it empty.</source>
            <translation>{parameter} „{value}“ ist keine Zahl von {least:g} bis {most:g}: Geben Sie eine an oder lassen Sie es leer.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/parameter_numbers.py" />
            <source>{parameter} '{value}' is not a number: give one, or leave it empty.</source>
            <translation>{parameter} „{value}“ ist keine Zahl: Geben Sie eine an oder lassen Sie es leer.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/product_scenes.py" />
            <source>'{name}' is left out: {reason}</source>
            <translation>„{name}“ wird ausgelassen: {reason}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/product_scenes.py" />
            <source>Folders and archives of products are left out: {reason}</source>
            <translation>Ordner und Archive von Produkten werden ausgelassen: {reason}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/product_scenes.py" />
            <source>Nothing in the list can be read.</source>
            <translation>Nichts in der Liste lässt sich lesen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/product_scenes.py" />
            <source>Product: {name}</source>
            <translation>Produkt: {name}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>0 clear, 1 cloud, 2 cloud shadow where its probability was given, 255 no data.</source>
            <translation>0 klar, 1 Wolke, 2 Wolkenschatten, wenn dessen Wahrscheinlichkeit angegeben ist, 255 keine Daten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>0 to 1, as Detect clouds makes it. Give this or the stages.</source>
            <translation>0 bis 1, wie „Wolken erkennen“ sie macht. Geben Sie diese oder die Stufen an.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>0 to 1, as Detect clouds makes it. Not set: the mask has no cloud shadow.</source>
            <translation>0 bis 1, wie „Wolken erkennen“ sie macht. Leer: Die Maske hat keine Wolkenschatten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>&lt;p&gt;Decides the cloud mask again from what Detect clouds found: with other thresholds, without small clouds and holes, with a buffer. The engine is not needed.&lt;/p&gt;&lt;p&gt;From &lt;b&gt;cloud probability&lt;/b&gt;: cloud is what is greater than the threshold.&lt;br/&gt;From the &lt;b&gt;stages&lt;/b&gt;: as the detection itself decides. Where the first stage is surer than the acceptance threshold its probability counts, elsewhere that of the second stage, each with its own threshold; at an acceptance threshold of 1 the first stage counts everywhere. Where stages are given, they decide. Where tiles of the detection overlapped, single pixels may differ from its mask.&lt;/p&gt;&lt;p&gt;Then clouds that are too small become clear, then holes that are too small become cloud, and the buffer is added. With a &lt;b&gt;cloud shadow probability&lt;/b&gt;, what then is clear and more probably in shadow than not is cloud shadow (2). Pixels without data stay so.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Entscheidet die Wolkenmaske neu aus dem, was „Wolken erkennen“ gefunden hat: mit anderen Schwellen, ohne kleine Wolken und Löcher, mit einem Puffer. Die Engine wird dafür nicht gebraucht.&lt;/p&gt;&lt;p&gt;Aus der &lt;b&gt;Wolkenwahrscheinlichkeit&lt;/b&gt;: Wolke ist, was größer ist als die Schwelle.&lt;br/&gt;Aus den &lt;b&gt;Stufen&lt;/b&gt;: so, wie die Erkennung selbst entscheidet. Wo die erste Stufe sicherer ist als die Annahmeschwelle, zählt ihre Wahrscheinlichkeit, sonst die der zweiten Stufe, jede mit ihrer eigenen Schwelle; bei einer Annahmeschwelle von 1 zählt überall die erste. Wo Stufen gegeben sind, entscheiden sie. Wo Kacheln der Erkennung überlappten, können einzelne Pixel von ihrer Maske abweichen.&lt;/p&gt;&lt;p&gt;Dann werden zu kleine Wolken klar, dann zu kleine Löcher Wolke, und zuletzt kommt der Puffer hinzu. Mit einer &lt;b&gt;Wahrscheinlichkeit von Wolkenschatten&lt;/b&gt; wird, was dann klar ist und eher im Schatten liegt als nicht, zu Wolkenschatten (2). Pixel ohne Daten bleiben so.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Adjust cloud mask</source>
            <translation>Wolkenmaske anpassen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Cloud {cloud:.1f} % of valid pixels</source>
            <translation>Wolke {cloud:.1f} % der gültigen Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>For stages only. Not set: that of the detection, which its file tells.</source>
            <translation>Nur für Stufen. Nicht gesetzt: die der Erkennung, die in der Datei steht.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Give a cloud probability or the stages of the decision.</source>
            <translation>Geben Sie eine Wolkenwahrscheinlichkeit oder die Stufen der Entscheidung an.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Makes another cloud mask from a cloud probability, without a new detection.</source>
            <translation>Macht eine andere Wolkenmaske aus einer Wolkenwahrscheinlichkeit, ohne neue Erkennung.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Probability above which a pixel is cloud; lower finds more. Not for stages.</source>
            <translation>Wahrscheinlichkeit, über der ein Pixel Wolke ist; eine kleinere findet mehr. Nicht für Stufen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Smallest cloud</source>
            <translation>Kleinste Wolke</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Smallest hole</source>
            <translation>Kleinstes Loch</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Square metres</source>
            <translation>Quadratmeter</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Square metres need a raster with a CRS.</source>
            <translation>Quadratmeter brauchen ein Raster mit einem KBS.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>The cloud shadow probability lies on another grid: give that of the same detection.</source>
            <translation>Die Wahrscheinlichkeit von Wolkenschatten liegt auf einem anderen Gitter: Geben Sie die derselben Erkennung an.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>The four bands that Detect clouds makes. They need no probability.</source>
            <translation>Die vier Kanäle, die „Wolken erkennen“ macht. Sie brauchen keine Wahrscheinlichkeit.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>The stages must have 4 bands and have {count}: give the stages that Detect clouds makes, or a probability as the first input.</source>
            <translation>Die Stufen müssen 4 Kanäle haben und haben {count}: Geben Sie die Stufen an, die „Wolken erkennen“ macht, oder eine Wahrscheinlichkeit als erste Eingabe.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Threshold</source>
            <translation>Schwelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>Unit of smallest cloud and hole</source>
            <translation>Einheit von kleinster Wolke und kleinstem Loch</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/rethreshold.py" />
            <source>cloud,clouds,mask,threshold,probability,buffer,dilate,sieve,holes,smallest cloud,post-processing</source>
            <translation>wolke,wolken,maske,schwelle,wahrscheinlichkeit,puffer,sieben,löcher,kleinste wolke,nachbearbeitung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/scenes.py" />
            <source>As in Detect clouds, for all scenes; used only where no masks are given.</source>
            <translation>Wie in „Wolken erkennen“, für alle Szenen; nur verwendet, wo keine Masken gegeben sind.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/scenes.py" />
            <source>Bands, for the detection</source>
            <translation>Kanäle, für die Erkennung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/algorithms/scenes.py" />
            <source>Radiometry, for the detection</source>
            <translation>Radiometrie, für die Erkennung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/background.py" />
            <source>It failed.</source>
            <translation>Fehlgeschlagen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/inspection.py" />
            <source>It cannot be started ({reason}).</source>
            <translation>Sie kann nicht gestartet werden ({reason}).</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/inspection.py" />
            <source>It did not answer within {minutes} minutes.</source>
            <translation>Sie hat innerhalb von {minutes} Minuten nicht geantwortet.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/inspection.py" />
            <source>It ended without a word.</source>
            <translation>Sie endete ohne ein Wort.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/inspection.py" />
            <source>It speaks protocol {theirs} and this plugin needs {ours}: set the engine up again, or update the plugin.</source>
            <translation>Sie spricht Protokoll {theirs}, und dieses Plugin braucht {ours}: Richten Sie die Engine neu ein oder aktualisieren Sie das Plugin.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/inspection.py" />
            <source>The package cloudmamba is not installed in this Python.</source>
            <translation>Das Paket cloudmamba ist in diesem Python nicht installiert.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>PyTorch needs the Microsoft Visual C++ Redistributable, which is missing. Install it and try again.</source>
            <translation>PyTorch braucht das Microsoft Visual C++ Redistributable, das fehlt. Installieren Sie es und versuchen Sie es noch einmal.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>a file could not be written. Another program, often a virus scanner, may hold it: try again in a moment.</source>
            <translation>Eine Datei konnte nicht geschrieben werden. Vielleicht hält sie ein anderes Programm fest, oft ein Virenscanner: Versuchen Sie es gleich noch einmal.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>it printed nothing</source>
            <translation>es gab nichts aus</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>no connection to the package index. Check the network and the proxy in Settings &gt; Options &gt; Network, and try again.</source>
            <translation>Keine Verbindung zum Paketverzeichnis. Prüfen Sie das Netz und den Proxy in Einstellungen &gt; Optionen &gt; Netzwerk und versuchen Sie es noch einmal.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>the connection is not trusted. If your network inspects connections, name its certificate file in the environment variable PIP_CERT.</source>
            <translation>Der Verbindung wird nicht vertraut. Wenn Ihr Netz Verbindungen untersucht, nennen Sie dessen Zertifikatsdatei in der Umgebungsvariable PIP_CERT.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>the disk is full. Free some space and try again.</source>
            <translation>Der Datenträger ist voll. Schaffen Sie Platz und versuchen Sie es noch einmal.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>the memory is full. Close other programs.</source>
            <translation>Der Arbeitsspeicher ist voll. Schließen Sie andere Programme.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>the proxy refused the connection. Check Settings &gt; Options &gt; Network &gt; Use proxy for web access; pip can use HTTP proxies only.</source>
            <translation>Der Proxy hat die Verbindung abgelehnt. Prüfen Sie Einstellungen &gt; Optionen &gt; Netzwerk &gt; Proxy für Webzugriff benutzen; pip kann nur HTTP-Proxys benutzen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>there is no build of a package for this Python and system, or its package index was not reached. Check the network, or choose another Python or another PyTorch.</source>
            <translation>Für dieses Python und System gibt es ein Paket nicht, oder sein Paketverzeichnis wurde nicht erreicht. Prüfen Sie das Netz, oder wählen Sie ein anderes Python oder ein anderes PyTorch.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>this Python has no pip. On Debian and Ubuntu install the package python3-venv, or choose another Python.</source>
            <translation>Dieses Python hat kein pip. Installieren Sie unter Debian und Ubuntu das Paket python3-venv oder wählen Sie ein anderes Python.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>this computer does not allow programs in your profile folder to start. Ask who administers it, or set the engine up by hand in a folder where it is allowed.</source>
            <translation>Dieser Rechner erlaubt keine Programme im Profilordner. Fragen Sie, wer ihn verwaltet, oder richten Sie die Engine von Hand in einem Ordner ein, in dem es erlaubt ist.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/failures.py" />
            <source>{step} failed: {reason}</source>
            <translation>{step} ist fehlgeschlagen: {reason}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>Cancelled. What was made so far is removed, and nothing else was changed.</source>
            <translation>Abgebrochen. Was bis dahin entstanden war, ist entfernt; sonst wurde nichts verändert.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>Cancelling</source>
            <translation>Abbruch</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>Not everything could be removed: {reason}</source>
            <translation>Nicht alles konnte entfernt werden: {reason}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>Removing an unfinished CloudMamba engine</source>
            <translation>Unfertige CloudMamba-Engine entfernen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>Removing what was made so far</source>
            <translation>Bisher Entstandenes entfernen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>Setting up needs {needed:.1f} GB in '{folder}', where {free:.1f} GB are free.</source>
            <translation>Das Einrichten braucht {needed:.1f} GB in „{folder}“, wo {free:.1f} GB frei sind.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>Starting the engine for the first time</source>
            <translation>Engine zum ersten Mal starten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>The engine is ready.</source>
            <translation>Die Engine ist bereit.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>The engine is ready. It can use: {devices}</source>
            <translation>Die Engine ist bereit. Sie kann benutzen: {devices}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>The folder '{folder}' cannot be written ({reason}).</source>
            <translation>In den Ordner „{folder}“ kann nicht geschrieben werden ({reason}).</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>{step}: '{program}' cannot be started ({reason}).</source>
            <translation>{step}: „{program}“ kann nicht gestartet werden ({reason}).</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>{step}: no connection, trying again…</source>
            <translation>{step}: keine Verbindung, neuer Versuch…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/installer.py" />
            <source>{step}: {done:.0f} of {total:.0f} MB</source>
            <translation>{step}: {done:.0f} von {total:.0f} MB</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/plan.py" />
            <source>Copying the engine</source>
            <translation>Engine kopieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/plan.py" />
            <source>Installing PyTorch</source>
            <translation>PyTorch installieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/plan.py" />
            <source>Installing the engine</source>
            <translation>Engine installieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/plan.py" />
            <source>Making the environment</source>
            <translation>Umgebung anlegen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/plan.py" />
            <source>Preparing the engine for this processor</source>
            <translation>Engine für diesen Prozessor vorbereiten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/plan.py" />
            <source>Tidying up</source>
            <translation>Aufräumen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/plan.py" />
            <source>Updating pip</source>
            <translation>pip aktualisieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pythons.py" />
            <source>a 32-bit Python, PyTorch has no builds for it</source>
            <translation>ein 32-Bit-Python, für das es kein PyTorch gibt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pythons.py" />
            <source>it cannot make environments (no module venv)</source>
            <translation>es kann keine Umgebungen anlegen (kein Modul venv)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pythons.py" />
            <source>it cannot open secure connections outside QGIS (no module ssl)</source>
            <translation>es kann außerhalb von QGIS keine sicheren Verbindungen öffnen (kein Modul ssl)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pythons.py" />
            <source>it does not start by itself, outside QGIS</source>
            <translation>es startet nicht von allein, außerhalb von QGIS</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pythons.py" />
            <source>it has no pip (on Debian and Ubuntu: the package python3-venv is missing)</source>
            <translation>es hat kein pip (unter Debian und Ubuntu fehlt das Paket python3-venv)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pythons.py" />
            <source>newer than {version}, PyTorch may not have builds for it</source>
            <translation>neuer als {version}, vielleicht gibt es dafür noch kein PyTorch</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pythons.py" />
            <source>older than {version}</source>
            <translation>älter als {version}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pytorch.py" />
            <source>CPU</source>
            <translation>CPU</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pytorch.py" />
            <source>From my pip index</source>
            <translation>Aus meinem pip-Verzeichnis</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pytorch.py" />
            <source>no NVIDIA graphics card with a driver found</source>
            <translation>keine NVIDIA-Grafikkarte mit Treiber gefunden</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pytorch.py" />
            <source>the only one for macOS</source>
            <translation>die einzige für macOS</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pytorch.py" />
            <source>{facts}: PyTorch no longer supports this card</source>
            <translation>{facts}: PyTorch unterstützt diese Karte nicht mehr</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pytorch.py" />
            <source>{facts}: to use this card, update its driver to {needed} or newer and set up again</source>
            <translation>{facts}: Um diese Karte zu benutzen, aktualisieren Sie ihren Treiber auf {needed} oder neuer und richten Sie neu ein</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/pytorch.py" />
            <source>{name}, driver {driver:.0f}</source>
            <translation>{name}, Treiber {driver:.0f}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/set_up_lock.py" />
            <source>A QGIS of another computer is setting an engine up here, or was ended meanwhile: try again when that is done, or delete '{path}' if there is none.</source>
            <translation>Ein QGIS auf einem anderen Rechner richtet hier eine Engine ein oder wurde dabei beendet: Versuchen Sie es danach noch einmal, oder löschen Sie „{path}“, wenn keines mehr läuft.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/set_up_lock.py" />
            <source>Another QGIS window is setting an engine up, or an old one is being removed: try again when that is done.</source>
            <translation>Ein anderes QGIS-Fenster richtet gerade eine Engine ein, oder eine alte wird entfernt: Versuchen Sie es noch einmal, wenn das fertig ist.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/installation/set_up_lock.py" />
            <source>The file '{path}' cannot be written: make sure that the disk is not full and that you may write there.</source>
            <translation>Die Datei „{path}“ kann nicht geschrieben werden: Prüfen Sie, ob der Datenträger voll ist und ob Sie dort schreiben dürfen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/locate.py" />
            <source>The CloudMamba engine is not installed: set it up in Settings &gt; Options &gt; CloudMamba, or name the Python that has the package cloudmamba in the variable {variable}.</source>
            <translation>Die CloudMamba-Engine ist nicht installiert: Richten Sie sie in Einstellungen &gt; Optionen &gt; CloudMamba ein oder nennen Sie das Python, das das Paket cloudmamba hat, in der Variable {variable}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/locate.py" />
            <source>The engine '{path}' named by {origin} does not exist: choose one in Settings &gt; Options &gt; CloudMamba.</source>
            <translation>Die Engine „{path}“ ({origin}) gibt es nicht: Wählen Sie eine in Einstellungen &gt; Optionen &gt; CloudMamba.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/locate.py" />
            <source>the profile folder</source>
            <translation>Profilordner</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/locate.py" />
            <source>the setting {name}</source>
            <translation>Einstellung {name}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/locate.py" />
            <source>the variable {name}</source>
            <translation>Variable {name}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/process.py" />
            <source>'{path}' does not start as a CloudMamba engine: {reason}</source>
            <translation>„{path}“ startet nicht als CloudMamba-Engine: {reason}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/process.py" />
            <source>The engine '{path}' (version {version}) speaks protocol {theirs} and this plugin needs {ours}: set the engine up again, or update the plugin.</source>
            <translation>Die Engine „{path}“ (Version {version}) spricht Protokoll {theirs}, und dieses Plugin braucht {ours}: Richten Sie die Engine neu ein oder aktualisieren Sie das Plugin.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/process.py" />
            <source>The engine '{path}' cannot be started ({reason}).</source>
            <translation>Die Engine „{path}“ kann nicht gestartet werden ({reason}).</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/process.py" />
            <source>The engine '{path}' gives a result that this plugin does not understand: set the engine up again, or update the plugin.</source>
            <translation>Die Engine „{path}“ liefert ein Ergebnis, das dieses Plugin nicht versteht: Richten Sie die Engine neu ein oder aktualisieren Sie das Plugin.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/process.py" />
            <source>The engine '{path}' is older than the plugin: set it up again in Settings &gt; Options &gt; CloudMamba.</source>
            <translation>Die Engine „{path}“ ist älter als das Plugin: Richten Sie sie unter Einstellungen &gt; Optionen &gt; CloudMamba neu ein.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/process.py" />
            <source>The engine '{path}' was replaced by a newer one: run this again, or choose the newer one in Settings &gt; Options &gt; CloudMamba.</source>
            <translation>Die Engine „{path}“ wurde durch eine neuere ersetzt: Starten Sie dies noch einmal oder wählen Sie die neuere in Einstellungen &gt; Optionen &gt; CloudMamba.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/process.py" />
            <source>The engine ended with exit status {status} before it finished.</source>
            <translation>Die Engine endete mit Status {status}, bevor sie fertig war.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/process.py" />
            <source>The engine has been silent for {seconds:.0f} s and was stopped.</source>
            <translation>Die Engine hat {seconds:.0f} s geschwiegen und wurde beendet.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/process.py" />
            <source>The engine was killed or crashed before it finished; often the memory was full.</source>
            <translation>Die Engine wurde beendet oder stürzte ab, bevor sie fertig war; oft ist der Arbeitsspeicher voll.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/process.py" />
            <source>it does not say hello</source>
            <translation>sie meldet sich nicht</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/session.py" />
            <source>Starting the engine</source>
            <translation>Engine starten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_client/session.py" />
            <source>Waiting for another run to finish.</source>
            <translation>Warten, bis ein anderer Lauf fertig ist.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>'{name}' can be read in {count} ways whose masks differ: {readings}. Choose one of {how}</source>
            <translation>„{name}“ lässt sich auf {count} Weisen lesen, deren Masken verschieden sind: {readings}. Wählen Sie eine von {how}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>'{name}' has no XML file beside it: the sun was taken to be 50 degrees high.</source>
            <translation>Neben „{name}“ liegt keine XML-Datei: Als Sonnenhöhe wurden 50 Grad angenommen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>8-bit pictures start with red</source>
            <translation>8-Bit-Bilder beginnen mit Rot</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>An area of the value {value} in every band touches the edge ({share}). It was taken for image; if it is fill, declare that value as no data.</source>
            <translation>Eine Fläche mit dem Wert {value} in allen Kanälen berührt den Rand ({share}). Sie wurde als Bild genommen; ist sie Füllung, geben Sie den Wert als „keine Daten“ an.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>An area of the value {value} in every band touches the edge ({share}): it was taken for no data, though none is declared. To keep it as image: --keep-fill.</source>
            <translation>Eine Fläche mit dem Wert {value} in allen Kanälen berührt den Rand ({share}): Sie wurde als „keine Daten“ genommen, obwohl das nirgends steht. Soll sie Bild bleiben: „Nicht deklarierte Füllwerte behalten“ in „Wolken erkennen“.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Checking the results</source>
            <translation>Ergebnisse werden geprüft</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Detecting clouds</source>
            <translation>Wolken werden erkannt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Gaofen-{number} WFV counts with a sun 50 degrees high</source>
            <translation>Zählwerte von Gaofen-{number} WFV bei 50 Grad Sonnenhöhe</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Gaofen-{number} WFV counts with the sun {elevation} degrees high</source>
            <translation>Zählwerte von Gaofen-{number} WFV bei {elevation} Grad Sonnenhöhe</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Landsat 8 (manual labels), Sentinel-2 and Landsat 5, 7 and 8 (labels of ukis-csmask and s2cloudless, automatic and semi-automatic labels, hand-painted cloud shadow), clear Landsat, Sentinel-2 and HLS images and procedural ground with synthetic cloud, shadow and snow</source>
            <translation>Landsat 8 (von Hand markiert), Sentinel-2 und Landsat 5, 7 und 8 (Markierungen von ukis-csmask und s2cloudless, automatische und halbautomatische Markierungen, von Hand gemalte Wolkenschatten), klaren Bildern von Landsat, Sentinel-2 und HLS und künstlichem Boden mit künstlichen Wolken, Schatten und Schnee</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Landsat 8/9 level 1, the elevation of the sun not corrected</source>
            <translation>Landsat 8/9 Level 1, ohne Korrektur der Sonnenhöhe</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Memory was short: fewer tiles were computed at a time.</source>
            <translation>Der Speicher war knapp: Es wurden weniger Kacheln auf einmal gerechnet.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Memory was short: tiles of {size} pixels were used.</source>
            <translation>Der Speicher war knapp: Es wurden Kacheln von {size} Pixeln benutzt.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>On a thumbnail the masks of all readings agree: {readings}.</source>
            <translation>An einem Vorschaubild stimmen die Masken aller Lesarten überein: {readings}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>On a thumbnail the masks of all readings differ: {readings}.</source>
            <translation>An einem Vorschaubild sind die Masken der Lesarten verschieden: {readings}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Pixels that are 0 in every band were taken for no data: the raster declares none.</source>
            <translation>Pixel, die in allen Kanälen 0 sind, wurden als „keine Daten“ genommen: Das Raster nennt keinen solchen Wert.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Pixels whose numbers cannot be reflectance, such as {example}, were taken for no data.</source>
            <translation>Pixel, deren Zahlen keine Reflexion sein können, wie {example}, wurden als „keine Daten“ genommen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Rows or columns of one value in a band, between others that vary, were taken for no data.</source>
            <translation>Zeilen oder Spalten mit nur einem Wert in einem Kanal, zwischen anderen, die schwanken, wurden als „keine Daten“ genommen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>Sentinel-2 of baseline 04.00 or later</source>
            <translation>Sentinel-2 ab Baseline 04.00</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The bands were guessed: {roles}. Give them if that is wrong.</source>
            <translation>Die Kanäle sind geraten: {roles}. Geben Sie sie an, wenn das falsch ist.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The engine's answer has more than {count} bytes and cannot be sent: ask for less at a time.</source>
            <translation>Die Antwort der Engine hat mehr als {count} Bytes und kann nicht gesendet werden: Fragen Sie nach weniger auf einmal.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The image brings no mask of its own, so nothing of one was used.</source>
            <translation>Das Bild bringt keine eigene Maske mit, deshalb wurde nichts daraus verwendet.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The image lies in no known map, so that nothing tells how large its pixels are: clouds are outlined half-way between fine and coarse images. To tell it: Pixel size on the ground.</source>
            <translation>Das Bild liegt in keiner bekannten Karte, daher sagt nichts, wie groß seine Pixel sind: Wolken werden auf halbem Weg zwischen feinen und groben Bildern umrandet. Zum Angeben: Pixelgröße am Boden.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The model '{name}' does not tell cloud shadow: use one that does, or ask for the mask without it.</source>
            <translation>Das Modell „{name}“ erkennt keine Wolkenschatten: Verwenden Sie eines, das es kann, oder eine Maske ohne sie.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The offset of the file ({offset}) was not used: with it {percent} % of the pixels would be darker than black, so it was taken out of the numbers already. If it was not, choose the radiometry '{radiometry}'.</source>
            <translation>Der Versatz der Datei ({offset}) wurde nicht verwendet: Mit ihm wären {percent} % der Pixel dunkler als schwarz, er war also schon abgezogen. Wenn nicht, wählen Sie die Werte „{radiometry}“.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The raster has only {count} image bands: {advice}</source>
            <translation>Das Raster hat nur {count} Bildkanäle: {advice}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The scale and offset of the file were not used: with them {reason}.</source>
            <translation>Skalierung und Versatz der Datei wurden nicht verwendet: Mit ihnen {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The values do not look like reflectance in any known way ({range}): {advice}</source>
            <translation>Die Werte sehen nicht nach Reflexion in bekannter Form aus ({range}): {advice}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The values look like {words} ('{name}') rather than '{other}'.</source>
            <translation>Die Werte sehen eher nach {words} („{name}“) aus als nach „{other}“.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>The values were taken for {words} ('{name}'): {reason}. If they are {others}, choose that radiometry.</source>
            <translation>Die Werte wurden als {words} ({name}) gelesen: {reason}. Sind sie {others}, wählen Sie das.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>a picture of three bands is red, green, blue</source>
            <translation>ein Bild aus drei Kanälen ist Rot, Grün, Blau</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>an 8-bit picture</source>
            <translation>ein 8-Bit-Bild</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>as given</source>
            <translation>wie angegeben</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>band {number} varies most of the first and the third, as red does</source>
            <translation>Kanal {number} schwankt vom ersten und dritten am meisten, wie Rot</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>certain</source>
            <translation>sicher</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>guessed</source>
            <translation>geraten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>it is Sentinel-2 of baseline {baseline}</source>
            <translation>es ist Sentinel-2 der Baseline {baseline}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>it is Sentinel-2 without the metadata that tells its baseline, and nothing is darker than the offset of 1000</source>
            <translation>es ist Sentinel-2 ohne die Metadaten, die seine Baseline nennen, und nichts ist dunkler als der Versatz von 1000</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>it is Sentinel-2, and with an offset of 1000 nothing would be below 1000</source>
            <translation>es ist Sentinel-2, und mit einem Versatz von 1000 läge nichts unter 1000</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>it is {product}</source>
            <translation>es ist {product}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>likely</source>
            <translation>wahrscheinlich</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>no value exceeds 1023, as in 10-bit counts</source>
            <translation>kein Wert ist größer als 1023, wie bei Zählwerten mit 10 Bit</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>no value exceeds {greatest}, as in counts of {bits} bits</source>
            <translation>kein Wert ist größer als {greatest}, wie bei Zählwerten mit {bits} Bit</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>nothing is darker than 5000 counts, the black of Landsat 8/9</source>
            <translation>nichts ist dunkler als 5000, das Schwarz von Landsat 8/9</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>nothing is darker than 7273 counts, its black</source>
            <translation>nichts ist dunkler als 7273, sein Schwarz</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>nothing is darker than {value} and much is nearly as dark, as with the offset of 1000</source>
            <translation>nichts ist dunkler als {value}, und vieles ist fast so dunkel, wie mit dem Versatz von 1000</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>nothing names the bands, and {count} bands are mostly {order}</source>
            <translation>nichts benennt die Kanäle, und {count} Kanäle sind meist {order}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>nothing names the four bands</source>
            <translation>nichts benennt die vier Kanäle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>nothing names the four bands and {custom}</source>
            <translation>nichts benennt die vier Kanäle, und {custom}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>nothing names the four bands, and {varies} over land, though {custom}</source>
            <translation>nichts benennt die vier Kanäle, und {varies} über Land, obwohl {custom}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>nothing names the four bands, but {custom}, and {varies} over land</source>
            <translation>nichts benennt die vier Kanäle, aber {custom}, und {varies} über Land</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>numbers times {scale}</source>
            <translation>Zahlen mal {scale}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>numbers times {scale} plus {offset}</source>
            <translation>Zahlen mal {scale} plus {offset}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>radiance</source>
            <translation>Strahldichte</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>reflectance</source>
            <translation>Reflexion</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>reflectance 0..1 stretched over 16 bits</source>
            <translation>Reflexion 0..1, auf 16 Bit gestreckt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>reflectance above the atmosphere times 10000</source>
            <translation>Reflexion über der Atmosphäre mal 10000</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>reflectance in percent</source>
            <translation>Reflexion in Prozent</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>reflectance times 10000</source>
            <translation>Reflexion mal 10000</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>satellite products start with blue</source>
            <translation>Satellitenprodukte beginnen mit Blau</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>satellite products start with blue, whatever the colour interpretation</source>
            <translation>Satellitenprodukte beginnen mit Blau, was auch immer die Farbdeutung sagt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>surface reflectance of Collection {number}</source>
            <translation>Bodenreflexion der Collection {number}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>surface reflectance of Landsat before Collection 1</source>
            <translation>Bodenreflexion von Landsat vor Collection 1</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>surface reflectance of {product}</source>
            <translation>Bodenreflexion von {product}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the STAC item</source>
            <translation>das STAC-Item</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the band descriptions name them</source>
            <translation>die Beschreibungen der Kanäle nennen sie</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the bands are named as those of {sensor}</source>
            <translation>die Kanäle heißen wie die von {sensor}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the calibration of the product's metadata, with the sun {elevation} degrees high</source>
            <translation>die Kalibrierung aus den Metadaten des Produkts, bei {elevation} Grad Sonnenhöhe</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the colour interpretation of the bands tells it</source>
            <translation>die Farbinterpretation der Kanäle sagt es</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the file is called like {product}</source>
            <translation>die Datei heißt wie {product}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the file is called like {sensor} and {title} files of {count} bands are so</source>
            <translation>die Datei heißt wie {sensor}, und Dateien von {title} mit {count} Kanälen sind so</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the file sets scale and offset</source>
            <translation>die Datei nennt Skalierung und Versatz</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the file sets scale and offset, and the offset was taken out already</source>
            <translation>die Datei setzt Skalierung und Versatz, und der Versatz war schon abgezogen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the kind of product</source>
            <translation>die Art des Produkts</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the product's baseline</source>
            <translation>die Baseline des Produkts</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the product's metadata</source>
            <translation>die Metadaten des Produkts</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the product's metadata, for the sun {elevation} degrees high</source>
            <translation>die Metadaten des Produkts, bei {elevation} Grad Sonnenhöhe</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the reflectance coefficients of the product's metadata</source>
            <translation>die Reflexionskoeffizienten aus den Metadaten des Produkts</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the values are in its range</source>
            <translation>die Werte liegen in ihrem Bereich</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the values are in the range of percent</source>
            <translation>die Werte liegen im Bereich von Prozenten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the values are in the range of percent, but most are close to zero</source>
            <translation>die Werte liegen im Bereich von Prozent, aber die meisten nahe null</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the values are in the range of reflectance times 10000</source>
            <translation>die Werte liegen im Bereich von Reflexion mal 10000</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the values are in the range of reflectance times 10000, but nothing is darker than {value}</source>
            <translation>die Werte liegen im Bereich von Reflexion mal 10000, aber nichts ist dunkler als {value}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the values are in the range of reflectance times 10000, if all of it is snow or cloud</source>
            <translation>die Werte liegen im Bereich von Reflexion mal 10000, falls alles Schnee oder Wolke ist</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the values are in the range of reflectance times 10000, over water</source>
            <translation>die Werte liegen im Bereich von Reflexion mal 10000, über Wasser</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the values are near the range of reflectance, but run from {least} to {greatest}</source>
            <translation>die Werte liegen nahe dem Bereich der Reflexion, reichen aber von {least} bis {greatest}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the values are those of an 8-bit picture</source>
            <translation>die Werte sind die eines 8-Bit-Bildes</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the values fill 16 bits from zero on</source>
            <translation>die Werte füllen 16 Bit von null an</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>the wavelengths of the bands tell it</source>
            <translation>die Wellenlängen der Kanäle sagen es</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>{percent} % of the raster</source>
            <translation>{percent} % des Rasters</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>{product} has no MTL file: without the elevation of the sun in it, reflectance comes out too low.</source>
            <translation>{product} hat keine MTL-Datei: Ohne die Sonnenhöhe darin wird die Reflexion zu niedrig.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>{reason} and the fourth band is taken for near infrared</source>
            <translation>{reason}, und der vierte Kanal gilt als nahes Infrarot</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>{reason}, but the colour interpretation says otherwise</source>
            <translation>{reason}, aber die Farbdeutung sagt etwas anderes</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/engine_words.py" />
            <source>{reason}, the fourth band is something else</source>
            <translation>{reason}, der vierte Kanal ist etwas anderes</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/chart.py" />
            <source>, {no_data:.0f} % without data</source>
            <translation>, {no_data:.0f} % ohne Daten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/chart.py" />
            <source>Chart of cloud cover by date</source>
            <translation>Diagramm der Bewölkung nach Datum</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/chart.py" />
            <source>{day}: {clear:.0f} % clear, {cloud:.0f} % cloud, {shadow:.0f} % shadow</source>
            <translation>{day}: {clear:.0f} % klar, {cloud:.0f} % Wolke, {shadow:.0f} % Schatten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>&amp;Count by Date</source>
            <translation>Nach Datum &amp;zählen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>&amp;Masks from</source>
            <translation>&amp;Masken aus</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>&amp;Names</source>
            <translation>&amp;Namen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>&amp;Usable from</source>
            <translation>&amp;Brauchbar ab</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>A&amp;reas</source>
            <translation>&amp;Flächen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Add a layer of polygons to the project.</source>
            <translation>Fügen Sie dem Projekt einen Polygonlayer hinzu.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Adds the areas as a layer, gives the chosen layers their days, and sets the temporal controller to go from day to day.</source>
            <translation>Fügt die Flächen als Layer hinzu, gibt den gewählten Layern ihre Tage und stellt die Zeitsteuerung so ein, dass sie von Tag zu Tag geht.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Choose a folder.</source>
            <translation>Wählen Sie einen Ordner.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Choose masks or images.</source>
            <translation>Wählen Sie Masken oder Bilder.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Clear</source>
            <translation>Klar</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Cloud</source>
            <translation>Wolke</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Date</source>
            <translation>Datum</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Folder</source>
            <translation>einem Ordner</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>How much of an area must be clear for a day to be usable; the rest are gaps.</source>
            <translation>Wie viel einer Fläche klar sein muss, damit ein Tag brauchbar ist; der Rest sind Lücken.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Layers of the project</source>
            <translation>Layern des Projekts</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Longest gap: 1 day, {first} to {last}.</source>
            <translation>Längste Lücke: 1 Tag, {first} bis {last}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Longest gap: {count} days, {first} to {last}.</source>
            <translation>Längste Lücke: {count} Tage, {first} bis {last}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Looking up the days of layers</source>
            <translation>Tage der Layer werden gesucht</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Masks and images</source>
            <translation>Masken und Bilder</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>No data</source>
            <translation>Keine Daten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Progress</source>
            <translation>Fortschritt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Rasters of one band are taken as cloud masks; others are images, whose clouds are detected first where the areas are. Masks that are shown on the map are ticked until you say otherwise.</source>
            <translation>Raster mit einem Kanal gelten als Wolkenmasken; andere sind Bilder, deren Wolken zuerst erkannt werden, dort, wo die Flächen sind. Masken, die auf der Karte gezeigt werden, sind angehakt, bis Sie es anders wählen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Save &amp;Table…</source>
            <translation>&amp;Tabelle speichern…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Save Table</source>
            <translation>Tabelle speichern</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Saved: {path}</source>
            <translation>Gespeichert: {path}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Shadow</source>
            <translation>Schatten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Show on Map by &amp;Date</source>
            <translation>Nach &amp;Datum zeigen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>The field with the names of the areas; empty: their numbers.</source>
            <translation>Das Feld mit den Namen der Flächen; leer: ihre Nummern.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>The temporal controller goes through {days} days; {count} layers of images and masks got the time of their day.</source>
            <translation>Die Zeitsteuerung geht durch {days} Tage; {count} Layer von Bildern und Masken bekamen die Zeit ihres Tages.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Usable: 0 of {all} days.</source>
            <translation>Brauchbar: 0 von {all} Tagen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/areas/page.py" />
            <source>Usable: {count} of {all} days. Best: {best}.</source>
            <translation>Brauchbar: {count} von {all} Tagen. Beste: {best}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>&amp;Mask Clouds</source>
            <translation>Wolken &amp;maskieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>Cance&amp;l</source>
            <translation>&amp;Abbrechen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>Clouds</source>
            <translation>Wolken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>Help</source>
            <translation>Hilfe</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>Image</source>
            <translation>Bild</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>It becomes class 2 of the mask, in blue. Dark water and the shadow of mountains may be taken for it. Holds for the toolbar's button too.</source>
            <translation>Er wird Klasse 2 der Maske, in Blau. Dunkles Wasser und Bergschatten werden mitunter dafür gehalten. Gilt auch für den Knopf der Werkzeugleiste.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>Mar&amp;k cloud shadow, too</source>
            <translation>Auch Wolkenschatten mar&amp;kieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>Model and device</source>
            <translation>Modell und Gerät</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>My area by date</source>
            <translation>Fläche nach Datum</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>Reading the stages…</source>
            <translation>Stufen werden gelesen…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>Review</source>
            <translation>Prüfung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>Set Up Engine…</source>
            <translation>Engine einrichten…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dock.py" />
            <source>This mask was made while the panel was closed, without what moving thresholds needs: mask the image again to move them.</source>
            <translation>Diese Maske entstand, während das Bedienfeld geschlossen war, ohne das, was verschiebbare Schwellen brauchen: Maskieren Sie das Bild noch einmal, um sie zu verschieben.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dropped.py" />
            <source>'{name}' cannot be opened as an image.</source>
            <translation>„{name}“ lässt sich nicht als Bild öffnen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/dropped.py" />
            <source>Looking at what '{name}' holds…</source>
            <translation>Sehe nach, was „{name}“ enthält …</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/engine_panel.py" />
            <source>Ask the engine again for models, devices and free memory</source>
            <translation>Modelle, Geräte und freien Speicher neu erfragen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/engine_panel.py" />
            <source>Asking the engine…</source>
            <translation>Die Engine wird gefragt…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/engine_panel.py" />
            <source>Automatic (fastest)</source>
            <translation>Automatisch (schnellstes)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/engine_panel.py" />
            <source>De&amp;vice</source>
            <translation>&amp;Gerät</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/engine_panel.py" />
            <source>Default model</source>
            <translation>Standardmodell</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/engine_panel.py" />
            <source>M&amp;odel</source>
            <translation>M&amp;odell</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/engine_panel.py" />
            <source>Trained on {data}. Licence: {licence}.</source>
            <translation>Trainiert mit {data}. Lizenz: {licence}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/engine_panel.py" />
            <source>Use a model file of your own</source>
            <translation>Eine eigene Modelldatei verwenden</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/engine_panel.py" />
            <source>{device} – {memory} GB free</source>
            <translation>{device} – {memory} GB frei</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/histogram.py" />
            <source>Histogram of cloud probability</source>
            <translation>Histogramm der Wolkenwahrscheinlichkeit</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/histogram.py" />
            <source>Pixels of each cloud probability, heights as square roots; in the colour of the mask what becomes cloud. Solid: the first pass is sure; light: the second pass decides. Drag a line to move its threshold.</source>
            <translation>Pixel je Wolkenwahrscheinlichkeit, Höhen als Wurzeln; in der Farbe der Maske, was Wolke wird. Kräftig: Der erste Durchgang ist sicher; hell: Der zweite entscheidet. Ziehen Sie an einer Linie, um ihre Schwelle zu verschieben.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/histogram.py" />
            <source>refined</source>
            <translation>verfeinert</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/histogram.py" />
            <source>sure</source>
            <translation>sicher</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/live_mask.py" />
            <source>The mask could not be written: {reason}.</source>
            <translation>Die Maske konnte nicht geschrieben werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/live_mask.py" />
            <source>Thresholds move live on images of up to {most} million pixels, and this one has {count}: make its probability with Detect clouds, and use Adjust cloud mask.</source>
            <translation>Schwellen lassen sich nur bei Bildern bis {most} Millionen Pixel sofort verschieben, und dieses hat {count}: die Wahrscheinlichkeit mit Wolken erkennen erzeugen und Wolkenmaske anpassen benutzen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source> px</source>
            <translation> px</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>&amp;Buffer</source>
            <translation>&amp;Puffer</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>&amp;Trust first pass below</source>
            <translation>Erstem Durchgang &amp;trauen unter</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>= {metres} m</source>
            <translation>= {metres} m</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Advanced</source>
            <translation>Erweitert</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Back to the mask as it was detected</source>
            <translation>Zurück zur Maske, wie sie erkannt wurde</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Clear patches of fewer pixels become cloud.</source>
            <translation>Klare Flecken mit weniger Pixeln werden Wolke.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Cloud cover</source>
            <translation>Bewölkung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Cloud threshold, &amp;refined pixels</source>
            <translation>Wolkenschwelle, &amp;verfeinerte Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Cloud threshold, &amp;sure pixels</source>
            <translation>Wolkenschwelle, &amp;sichere Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Clouds of fewer pixels become clear.</source>
            <translation>Wolken mit weniger Pixeln werden klar.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Make this mask a layer of its own, and go on with another</source>
            <translation>Diese Maske zu einem eigenen Layer machen und mit einer anderen weitermachen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Mask the clouds of the image to move its thresholds here.</source>
            <translation>Wenn die Wolken des Bildes maskiert sind, lassen sich hier die Schwellen verschieben.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Move the mouse over the map: to the left of it is the image alone.</source>
            <translation>Bewegen Sie die Maus über die Karte: Links von ihr ist nur das Bild.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Pixels that lie no further than this from a cloud count as cloud.</source>
            <translation>Pixel, die höchstens so weit von einer Wolke liegen, zählen als Wolke.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>R&amp;eset</source>
            <translation>Zu&amp;rücksetzen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>S&amp;wipe</source>
            <translation>&amp;Wischen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Save as New &amp;Layer</source>
            <translation>Als &amp;Layer speichern</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Smallest &amp;cloud</source>
            <translation>Kleinste &amp;Wolke</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Smallest &amp;hole</source>
            <translation>Kleinstes &amp;Loch</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>The first pass decides where its uncertainty is below this; the second one elsewhere. 0: the second pass decides everywhere; 1: the first one does.</source>
            <translation>Der erste Durchgang entscheidet, wo seine Unsicherheit darunter liegt, sonst der zweite. 0: Der zweite entscheidet überall; 1: der erste.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Where the first pass is sure, cloud is what is more probable than this.</source>
            <translation>Wo der erste Durchgang sicher ist, ist Wolke, was wahrscheinlicher ist als dies.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>Where the second pass decides, cloud is what is more probable than this.</source>
            <translation>Wo der zweite Durchgang entscheidet, ist Wolke, was wahrscheinlicher ist als dies.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>{percent} % after the review</source>
            <translation>{percent} % nach der Prüfung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>{percent} % cloud</source>
            <translation>{percent} % Wolken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/mask_panel.py" />
            <source>{percent} % cloud shadow</source>
            <translation>{percent} % Wolkenschatten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/save_mask.py" />
            <source>Saving cloud masks</source>
            <translation>Wolkenmasken werden gespeichert</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/save_mask.py" />
            <source>{mask} ({percent} %)</source>
            <translation>{mask} ({percent} %)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/scene_panel.py" />
            <source>As you said for images of this kind.</source>
            <translation>Wie für Bilder dieser Art angegeben.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/scene_panel.py" />
            <source>Choose a raster layer.</source>
            <translation>Einen Rasterlayer wählen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/scene_panel.py" />
            <source>La&amp;yer</source>
            <translation>La&amp;yer</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/scene_panel.py" />
            <source>Layer</source>
            <translation>Layer</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/scene_panel.py" />
            <source>Looking at bands and values…</source>
            <translation>Kanäle und Werte werden angesehen…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/scene_panel.py" />
            <source>Remember for images like this</source>
            <translation>Für solche Bilder merken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/scene_panel.py" />
            <source>The engine could not say which band is which.</source>
            <translation>Die Engine konnte nicht sagen, welcher Kanal welcher ist.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/scene_panel.py" />
            <source>The image needs three bands or more.</source>
            <translation>Das Bild braucht mindestens drei Kanäle.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/thumbnail.py" />
            <source>Image in true colour</source>
            <translation>Bild in Echtfarben</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/thumbnail.py" />
            <source>No picture</source>
            <translation>Kein Bild</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/thumbnail.py" />
            <source>Reading…</source>
            <translation>Wird gelesen…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/dock/thumbnail.py" />
            <source>The image in the red, green and blue chosen here: wrong bands are seen at once.</source>
            <translation>Das Bild im hier gewählten Rot, Grün und Blau: Falsche Kanäle fallen sofort auf.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>Cancelling…</source>
            <translation>Abbruch läuft…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>Details</source>
            <translation>Einzelheiten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>Save…</source>
            <translation>Speichern…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>Undo</source>
            <translation>Rückgängig</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>mean uncertainty {uncertainty}</source>
            <translation>mittlere Unsicherheit {uncertainty}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>read as you said of images like this</source>
            <translation>gelesen, wie Sie es für solche Bilder gesagt haben</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>{count} images failed</source>
            <translation>{count} Bilder gescheitert</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>{count} images masked, {least} to {most} % cloud</source>
            <translation>{count} Bilder maskiert, {least} bis {most} % Wolken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>{count} images masked, {most} % cloud</source>
            <translation>{count} Bilder maskiert, {most} % Wolken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>{count} read as you said of images like them</source>
            <translation>{count} gelesen, wie Sie es für solche Bilder gesagt haben</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/messages.py" />
            <source>{count} warnings, see the report</source>
            <translation>{count} Warnungen, siehe Bericht</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/one_click.py" />
            <source>Cancelled; nothing was added.</source>
            <translation>Abgebrochen; nichts wurde hinzugefügt.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/one_click.py" />
            <source>Read Otherwise…</source>
            <translation>Anders lesen…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/one_click.py" />
            <source>Select a raster layer of three or more bands.</source>
            <translation>Wählen Sie einen Rasterlayer mit drei oder mehr Kanälen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/one_click.py" />
            <source>Select a raster layer to mask its clouds.</source>
            <translation>Wählen Sie einen Rasterlayer, dessen Wolken maskiert werden sollen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/one_click.py" />
            <source>Starting</source>
            <translation>Start</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/one_click.py" />
            <source>The layer shows another file since the run began: mask it again.</source>
            <translation>Der Layer zeigt seit Beginn des Laufs eine andere Datei: Maskieren Sie ihn noch einmal.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/one_click.py" />
            <source>Wait for the run to end, or cancel it.</source>
            <translation>Warten Sie auf das Ende des Laufs oder brechen Sie ihn ab.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/one_click.py" />
            <source>Which bands of this image are which, and what are their numbers?</source>
            <translation>Welche Kanäle dieses Bildes sind welche, und was bedeuten ihre Zahlen?</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/one_click.py" />
            <source>{number} of {count}, {layer}</source>
            <translation>{number} von {count}, {layer}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/question.py" />
            <source>Bands of {layer}</source>
            <translation>Kanäle von {layer}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/question.py" />
            <source>Possible readings</source>
            <translation>Mögliche Lesarten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/question.py" />
            <source>The image can be read in more than one way, and the masks may differ. Choose the picture that looks right.</source>
            <translation>Das Bild lässt sich auf mehr als eine Weise lesen, und die Masken können verschieden sein. Wählen Sie das Bild, das richtig aussieht.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/question.py" />
            <source>Trying on a thumbnail how the image can be read…</source>
            <translation>An einem Vorschaubild wird probiert, wie sich das Bild lesen lässt…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/report.py" />
            <source>Cloud detection report</source>
            <translation>Bericht der Wolkenerkennung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/report.py" />
            <source>Log</source>
            <translation>Protokoll</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/report.py" />
            <source>Time</source>
            <translation>Dauer</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/report.py" />
            <source>Valid pixels</source>
            <translation>Gültige Pixel</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/report.py" />
            <source>Warning</source>
            <translation>Warnung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/report.py" />
            <source>{count} s</source>
            <translation>{count} s</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/report.py" />
            <source>{percent} %</source>
            <translation>{percent} %</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/report.py" />
            <source>{percent} % of the image</source>
            <translation>{percent} % des Bildes</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/saving.py" />
            <source>Files saved in {folder}: {count}</source>
            <translation>Dateien gespeichert in {folder}: {count}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/saving.py" />
            <source>Folder for the cloud masks</source>
            <translation>Ordner für die Wolkenmasken</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/saving.py" />
            <source>The table '{source}' cannot be saved: {reason}.</source>
            <translation>Die Tabelle „{source}“ kann nicht gespeichert werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/saving.py" />
            <source>These results are saved already.</source>
            <translation>Diese Ergebnisse sind schon gespeichert.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/saving.py" />
            <source>later changes of these layers are not in them: {layers}</source>
            <translation>spätere Änderungen dieser Layer sind nicht darin: {layers}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/one_click/saving.py" />
            <source>{count} cloud layers of this project are temporary: they are lost when QGIS ends.</source>
            <translation>{count} Wolkenlayer dieses Projekts sind temporär: Sie gehen verloren, wenn QGIS endet.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/preview/detection.py" />
            <source>Cloud preview of {layer}</source>
            <translation>Wolkenvorschau von {layer}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/preview/detection.py" />
            <source>Preview: {layer}</source>
            <translation>Vorschau: {layer}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/preview/preview.py" />
            <source>Mask Whole Scene</source>
            <translation>Ganze Szene maskieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/preview/preview.py" />
            <source>Reading what is seen of {layer}</source>
            <translation>Lese, was von {layer} zu sehen ist</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/preview/preview.py" />
            <source>Remove Preview</source>
            <translation>Vorschau entfernen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/preview/preview.py" />
            <source>The engine says that it is done, but '{path}' cannot be opened.</source>
            <translation>Die Engine meldet, sie sei fertig, aber „{path}“ lässt sich nicht öffnen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/preview/preview.py" />
            <source>at {size} m a pixel it is coarser than what the model knows: zoom in, or mask the whole scene, for a surer one</source>
            <translation>mit {size} m je Pixel gröber, als das Modell es kennt: hineinzoomen oder die ganze Szene maskieren ist sicherer</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/preview/preview.py" />
            <source>{cloud} % cloud in this view</source>
            <translation>{cloud} % Wolken in diesem Ausschnitt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/formatting.py" />
            <source>clear</source>
            <translation>klar</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/formatting.py" />
            <source>cloud</source>
            <translation>Wolke</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/formatting.py" />
            <source>cloud shadow</source>
            <translation>Wolkenschatten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/formatting.py" />
            <source>kept</source>
            <translation>gelassen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/formatting.py" />
            <source>now clear</source>
            <translation>jetzt klar</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/formatting.py" />
            <source>now cloud</source>
            <translation>jetzt Wolke</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/formatting.py" />
            <source>{area} ha</source>
            <translation>{area} ha</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/formatting.py" />
            <source>{area} km²</source>
            <translation>{area} km²</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/formatting.py" />
            <source>{count} px</source>
            <translation>{count} px</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>&amp;Save As…</source>
            <translation>&amp;Speichern unter…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>1 uncertain region</source>
            <translation>1 unsichere Stelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>A region is made of pixels that are at least so uncertain.</source>
            <translation>Eine Stelle besteht aus Pixeln, die mindestens so unsicher sind.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>All regions are reviewed.</source>
            <translation>Alle Stellen sind geprüft.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Also the narrow seams along clouds, which are seldom worth a look.</source>
            <translation>Auch die schmalen Säume entlang der Wolken, die selten einen Blick wert sind.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Cloud &amp;edges too</source>
            <translation>Auch Wolken&amp;ränder</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Flip</source>
            <translation>Umkehren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Go to the next region</source>
            <translation>Zur nächsten Stelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Go to the region before</source>
            <translation>Zur vorigen Stelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Keep</source>
            <translation>Behalten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Keep Clear</source>
            <translation>Klar lassen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Keep Cloud</source>
            <translation>Wolke lassen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Keep Shadow</source>
            <translation>Schatten lassen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Looking for uncertain regions…</source>
            <translation>Unsichere Stellen werden gesucht…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Make Clear</source>
            <translation>Wird klar</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Make Cloud</source>
            <translation>Wird Wolke</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Mask the clouds of the image to review its mask here.</source>
            <translation>Maskieren Sie die Wolken des Bildes, um die Maske hier zu prüfen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Narrow edges of clouds left out: {count}.</source>
            <translation>Schmale Wolkenränder ausgelassen: {count}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Next ▶</source>
            <translation>Weiter ▶</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>No doubtful patch. Narrow edges of clouds left out: {count}.</source>
            <translation>Keine zweifelhafte Stelle. Schmale Wolkenränder ausgelassen: {count}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>No region is uncertain: none of {size} pixels or more reaches an uncertainty of {threshold}.</source>
            <translation>Keine Stelle ist unsicher: Keine ab {size} Pixeln erreicht eine Unsicherheit von {threshold}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Region {number} of {count}</source>
            <translation>Stelle {number} von {count}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Regions of fewer pixels are left out.</source>
            <translation>Stellen mit weniger Pixeln werden ausgelassen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Reviewed</source>
            <translation>Geprüft</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Reviewed: {mask}</source>
            <translation>Geprüft: {mask}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>S&amp;mallest region</source>
            <translation>Kl&amp;einste Stelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Save Reviewed Mask As</source>
            <translation>Geprüfte Maske speichern unter</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Saved as {path}</source>
            <translation>Gespeichert als {path}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Saving…</source>
            <translation>Wird gespeichert…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Take back the last decision</source>
            <translation>Die letzte Entscheidung zurücknehmen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>The mask is right here: leave it and go to the next region</source>
            <translation>Die Maske stimmt hier: so lassen und zur nächsten Stelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>The mask is wrong here: change it and go to the next region</source>
            <translation>Die Maske ist hier falsch: ändern und zur nächsten Stelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>These are the {count} most uncertain of {found} regions.</source>
            <translation>Dies sind die {count} unsichersten von {found} Stellen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Uncertain &amp;from</source>
            <translation>Unsicher &amp;ab</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Zoom</source>
            <translation>Zoom</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>Zoom to this region</source>
            <translation>Auf diese Stelle zoomen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>{count} uncertain regions</source>
            <translation>{count} unsichere Stellen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>{done} of {count} reviewed</source>
            <translation>{done} von {count} geprüft</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>{size}, mean uncertainty {uncertainty}; the mask says {value}</source>
            <translation>{size}, mittlere Unsicherheit {uncertainty}; in der Maske {value}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/panel.py" />
            <source>◀ Previous</source>
            <translation>◀ Zurück</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/region_list.py" />
            <source>No.</source>
            <translation>Nr.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/region_list.py" />
            <source>Size</source>
            <translation>Größe</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/region_list.py" />
            <source>Uncertain regions</source>
            <translation>Unsichere Stellen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/session.py" />
            <source>Changing a region of the mask</source>
            <translation>Eine Stelle der Maske wird geändert</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/session.py" />
            <source>Copying the mask for its review</source>
            <translation>Die Maske wird zum Prüfen kopiert</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/session.py" />
            <source>Finding uncertain regions</source>
            <translation>Unsichere Stellen werden gesucht</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/session.py" />
            <source>Saving the reviewed mask</source>
            <translation>Die geprüfte Maske wird gespeichert</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/session.py" />
            <source>The search was cancelled: change one of the values below to search again.</source>
            <translation>Die Suche wurde abgebrochen: Ändern Sie einen der Werte unten, um neu zu suchen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/review/session.py" />
            <source>{date}: reviewed by hand where the uncertainty is {threshold} or more; regions reviewed: {count}, changed: {flipped}</source>
            <translation>{date}: von Hand geprüft, wo die Unsicherheit {threshold} oder mehr ist; Stellen geprüft: {count}, geändert: {flipped}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>Add…</source>
            <translation>Hinzufügen…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>Copy Diagnostics</source>
            <translation>Diagnose kopieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>Engine</source>
            <translation>Engine</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>Engines of this computer</source>
            <translation>Engines dieses Rechners</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>Look Again</source>
            <translation>Neu suchen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>Models: {names}</source>
            <translation>Modelle: {names}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>Python with the package cloudmamba, or the program cloudmamba</source>
            <translation>Python mit dem Paket cloudmamba oder das Programm cloudmamba</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>State</source>
            <translation>Zustand</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>There is no engine yet. It does the work in a Python of its own, so that the Python of QGIS stays as it is. Set one up below; it takes some minutes.</source>
            <translation>Es gibt noch keine Engine. Sie tut die Arbeit in einem eigenen Python, damit das Python von QGIS bleibt, wie es ist. Richten Sie unten eine ein; das dauert einige Minuten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>Version</source>
            <translation>Version</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>being asked…</source>
            <translation>wird gefragt…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>does not work</source>
            <translation>funktioniert nicht</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>missing</source>
            <translation>fehlt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>works</source>
            <translation>funktioniert</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>works, see below</source>
            <translation>funktioniert, siehe unten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/engines_panel.py" />
            <source>{name} ({free:.1f} GB free)</source>
            <translation>{name} ({free:.1f} GB frei)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/facts.py" />
            <source>It does not exist.</source>
            <translation>Es gibt sie nicht.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/facts.py" />
            <source>It does not use the graphics card {name}, because its PyTorch is a build without CUDA or does not fit the driver.</source>
            <translation>Sie benutzt die Grafikkarte {name} nicht, weil ihr PyTorch eine Ausgabe ohne CUDA ist oder nicht zum Treiber passt.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/facts.py" />
            <source>It has no model: set the engine up again.</source>
            <translation>Sie hat kein Modell: Richten Sie die Engine neu ein.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/facts.py" />
            <source>Its version is {theirs}, the plugin brings {ours}: set the engine up again.</source>
            <translation>Ihre Version ist {theirs}, das Plugin bringt {ours} mit: Richten Sie die Engine neu ein.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/facts.py" />
            <source>chosen by you</source>
            <translation>von Ihnen gewählt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>A Python of {oldest} to {newest} is needed that works outside QGIS. It can be installed without administrator, for example from python.org; then look again.</source>
            <translation>Es braucht ein Python von {oldest} bis {newest}, das außerhalb von QGIS funktioniert. Es lässt sich ohne Administrator installieren, zum Beispiel von python.org; danach suchen Sie neu.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>A build with CUDA computes on an NVIDIA graphics card. «From my pip index» is for networks with a package index of their own.</source>
            <translation>Eine Ausgabe mit CUDA rechnet auf einer NVIDIA-Grafikkarte. „Aus meinem pip-Verzeichnis“ ist für Netze mit eigenem Paketverzeichnis.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Choose another Python</source>
            <translation>Anderes Python wählen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Commands to do the same by hand</source>
            <translation>Befehle, um dasselbe von Hand zu tun</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Copy Commands</source>
            <translation>Befehle kopieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Looking for Python…</source>
            <translation>Python wird gesucht…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Makes an environment in '{folder}' and downloads PyTorch into it; the engine itself comes with the plugin. Needs up to {needed:.1f} GB while installing ({free:.0f} GB are free) and no administrator; the Python of QGIS is not touched. It goes on when this window is closed.</source>
            <translation>Legt eine Umgebung in „{folder}“ an und lädt PyTorch hinein; die Engine selbst kommt mit dem Plugin. Braucht beim Installieren bis zu {needed:.1f} GB ({free:.0f} GB sind frei) und keinen Administrator; das Python von QGIS bleibt unberührt. Es läuft weiter, wenn dieses Fenster geschlossen wird.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Python</source>
            <translation>Python</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Python to make the environment from</source>
            <translation>Python, aus dem die Umgebung entsteht</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Set Up Engine</source>
            <translation>Engine einrichten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Set up an engine</source>
            <translation>Eine Engine einrichten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Stop Set-Up</source>
            <translation>Einrichtung abbrechen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>Try Again</source>
            <translation>Noch einmal</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/installation_panel.py" />
            <source>{build}, {space:.1f} GB of disk</source>
            <translation>{build}, {space:.1f} GB auf der Platte</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/options_page.py" />
            <source> minutes</source>
            <translation> Minuten</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/options_page.py" />
            <source>A file that is there already stays: the new one gets a number.</source>
            <translation>Eine Datei, die schon da ist, bleibt: Die neue bekommt eine Nummer.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/options_page.py" />
            <source>A waiting engine starts at once, but keeps some memory.</source>
            <translation>Eine wartende Engine beginnt sofort, belegt aber etwas Arbeitsspeicher.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/options_page.py" />
            <source>Ask again about bands and values of images where the answer was to be remembered.</source>
            <translation>Wieder nach Kanälen und Werten der Bilder fragen, für die Antworten behalten werden sollten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/options_page.py" />
            <source>Forget Answers</source>
            <translation>Antworten vergessen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/options_page.py" />
            <source>Keep the engine waiting after a run</source>
            <translation>Engine nach einem Lauf warten lassen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/options_page.py" />
            <source>Save results beside the image, instead of in temporary files</source>
            <translation>Ergebnisse neben dem Bild speichern statt in temporären Dateien</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/options_page.py" />
            <source>The engine that finds the clouds is not set up yet.</source>
            <translation>Die Engine, die die Wolken findet, ist noch nicht eingerichtet.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/setup/options_page.py" />
            <source>not at all</source>
            <translation>gar nicht</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/choice_wrappers.py" />
            <source>Blue 1, green 2, red 3, near infrared 4</source>
            <translation>Blau 1, Grün 2, Rot 3, nahes Infrarot 4</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/choice_wrappers.py" />
            <source>Blue 2, green 3, red 4, near infrared 5 (all bands of Landsat 8)</source>
            <translation>Blau 2, Grün 3, Rot 4, nahes Infrarot 5 (alle Kanäle von Landsat 8)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/choice_wrappers.py" />
            <source>Blue 2, green 3, red 4, near infrared 8 (all bands of Sentinel-2)</source>
            <translation>Blau 2, Grün 3, Rot 4, nahes Infrarot 8 (alle Kanäle von Sentinel-2)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/choice_wrappers.py" />
            <source>Detect automatically</source>
            <translation>Automatisch erkennen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/choice_wrappers.py" />
            <source>NVIDIA graphics card</source>
            <translation>NVIDIA-Grafikkarte</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/choice_wrappers.py" />
            <source>Red 1, green 2, blue 3</source>
            <translation>Rot 1, Grün 2, Blau 3</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/choice_wrappers.py" />
            <source>Red 1, green 2, blue 3, near infrared 4</source>
            <translation>Rot 1, Grün 2, Blau 3, nahes Infrarot 4</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>8-bit picture</source>
            <translation>8-Bit-Bild</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Blue</source>
            <translation>Blau</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Gaofen-1 WFV counts</source>
            <translation>Rohwerte von Gaofen-1 WFV</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Green</source>
            <translation>Grün</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Landsat Collection 2 level 1</source>
            <translation>Landsat Collection 2 Level 1</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Landsat Collection 2 level 2</source>
            <translation>Landsat Collection 2 Level 2</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Near infrared</source>
            <translation>Nahes Infrarot</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>None</source>
            <translation>Keiner</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Offset</source>
            <translation>Versatz</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>One band is chosen twice.</source>
            <translation>Ein Kanal ist zweimal gewählt.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Own scale and offset</source>
            <translation>Eigene Skalierung und Versatz</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>PlanetScope surface reflectance</source>
            <translation>Bodenreflexion von PlanetScope</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Red</source>
            <translation>Rot</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Reflectance =</source>
            <translation>Reflexion =</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Reflectance in percent</source>
            <translation>Reflexion in Prozent</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Reflectance × 10000 (Sentinel-2 before 2022, many others)</source>
            <translation>Reflexion × 10000 (Sentinel-2 vor 2022, viele andere)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Reflectance, 0 to 1</source>
            <translation>Reflexion, 0 bis 1</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Scale</source>
            <translation>Faktor</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Scale and offset are numbers; the scale is above 0.</source>
            <translation>Skalierung und Versatz sind Zahlen; die Skalierung ist größer als 0.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Scale and offset of the file</source>
            <translation>Skalierung und Versatz der Datei</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Sentinel-2 since 2022, with an offset of 1000</source>
            <translation>Sentinel-2 seit 2022, mit einem Versatz von 1000</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>Stretched over 16 bits</source>
            <translation>Auf 16 Bit gestreckt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/gui/widgets/interpretation_form.py" />
            <source>number ×</source>
            <translation>Zahl ×</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/acquisition.py" />
            <source>'{scene}' was taken on {day} (says {told_by}).</source>
            <translation>„{scene}“ wurde am {day} aufgenommen (sagt {told_by}).</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/acquisition.py" />
            <source>When '{scene}' was taken is not known: set the time in the layer's properties (Temporal), or have the day in the file's name, as in 20230815.</source>
            <translation>Wann „{scene}“ aufgenommen wurde, ist nicht bekannt: Stellen Sie die Zeit in den Layereigenschaften ein (Zeitlich), oder schreiben Sie den Tag in den Dateinamen, etwa 20230815.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/acquisition.py" />
            <source>the time of its layer</source>
            <translation>die Zeit seines Layers</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/bands_together.py" />
            <source>Bands of {name}</source>
            <translation>Kanäle von {name}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/bands_together.py" />
            <source>The layer '{name}' does not fit the other bands: {reason}.</source>
            <translation>Der Layer „{name}“ passt nicht zu den anderen Kanälen: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/bands_together.py" />
            <source>The layer '{name}' lies in another CRS than '{first}' and cannot be a band of the same image: warp it with Raster &gt; Projections &gt; Warp (Reproject)… first.</source>
            <translation>Der Layer „{name}“ liegt in einem anderen KBS als „{first}“ und kann kein Kanal desselben Bildes sein: Transformieren Sie ihn zuerst mit Raster &gt; Projektionen &gt; Transformieren (reprojizieren)….</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/bands_together.py" />
            <source>The layers cannot be put together as bands of one image: {reason}</source>
            <translation>Die Layer lassen sich nicht als Kanäle eines Bildes zusammenfügen: {reason}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/interpretation.py" />
            <source>The names of the image's files do not say what kind of image it is: let them begin with that of the sensor to have the answer remembered.</source>
            <translation>Die Namen der Bilddateien sagen nicht, was für ein Bild es ist: Lassen Sie sie mit dem des Sensors beginnen, damit die Antwort gemerkt wird.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/placement.py" />
            <source>The results lie on the map in the CRS that the layer has in QGIS, {layer_crs}; their files name that of the image's file, {file_crs}.</source>
            <translation>Die Ergebnisse liegen auf der Karte in dem KBS, das der Layer in QGIS hat, {layer_crs}; ihre Dateien nennen das der Bilddatei, {file_crs}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/placement.py" />
            <source>none</source>
            <translation>keines</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/placement.py" />
            <source>{layer} clouds</source>
            <translation>Wolken von {layer}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/post_processor.py" />
            <source>'{path}' keeps the style that was saved beside it.</source>
            <translation>„{path}“ behält den Stil, der daneben gespeichert war.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/post_processor.py" />
            <source>The style was not saved: {reason}</source>
            <translation>Der Stil wurde nicht gespeichert: {reason}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/provenance.py" />
            <source>Checksum of the model</source>
            <translation>Prüfsumme des Modells</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/provenance.py" />
            <source>Made from '{source}' with the cloud detection model {model} {version}.</source>
            <translation>Aus „{source}“ gemacht mit dem Wolkenerkennungsmodell {model} {version}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/provenance.py" />
            <source>Radiometry</source>
            <translation>Radiometrie</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/provenance.py" />
            <source>Source</source>
            <translation>Quelle</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/provenance.py" />
            <source>Threshold of the probability</source>
            <translation>Schwelle der Wahrscheinlichkeit</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/provenance.py" />
            <source>Version of the model</source>
            <translation>Version des Modells</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/provenance.py" />
            <source>cloud detection</source>
            <translation>Wolkenerkennung</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/source.py" />
            <source>The layer '{name}' comes from the source '{provider}' and not from a file: save it with Export &gt; Save As… and use the file.</source>
            <translation>Der Layer „{name}“ kommt aus der Quelle „{provider}“ und nicht aus einer Datei: Speichern Sie ihn mit Export &gt; Speichern als… und verwenden Sie die Datei.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/source.py" />
            <source>The layer '{name}' comes from the source '{provider}', which shows pictures in place of measured values: open the file of the image itself.</source>
            <translation>Der Layer '{name}' kommt aus der Quelle '{provider}', die Bilder statt gemessener Werte zeigt: Öffnen Sie die Datei des Bildes selbst.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/source.py" />
            <source>The layer '{name}' has the additional no data value {value}, which its file does not declare: declare it with Raster &gt; Conversion &gt; Translate (Convert Format)… and use the new file, or take it out of the layer's properties, Transparency.</source>
            <translation>Der Layer „{name}“ hat den zusätzlichen Nodata-Wert {value}, den seine Datei nicht angibt: Geben Sie ihn mit Raster &gt; Konvertierung &gt; Übersetzen (Format umwandeln)… an und verwenden Sie die neue Datei, oder nehmen Sie ihn aus den Layereigenschaften, Transparenz.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/source.py" />
            <source>The layer '{name}' is opened with options or a login that only QGIS knows: save it with Export &gt; Save As… and use the file.</source>
            <translation>Der Layer „{name}“ ist mit Optionen oder einer Anmeldung geöffnet, die nur QGIS kennt: Speichern Sie ihn mit Export &gt; Speichern als… und verwenden Sie die Datei.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/source.py" />
            <source>The layer '{name}' lies in the memory of QGIS alone, where no other program can read it: save it with Export &gt; Save As… and use the file.</source>
            <translation>Der Layer „{name}“ liegt nur im Speicher von QGIS, wo kein anderes Programm ihn lesen kann: Speichern Sie ihn mit Export &gt; Speichern als… und verwenden Sie die Datei.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/style.py" />
            <source>Clear (preview)</source>
            <translation>Klar (Vorschau)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/style.py" />
            <source>Cloud (preview)</source>
            <translation>Wolke (Vorschau)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/style.py" />
            <source>Cloud shadow (preview)</source>
            <translation>Wolkenschatten (Vorschau)</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/layers/style.py" />
            <source>Snow or ice</source>
            <translation>Schnee oder Eis</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Bands and Radiometry…</source>
            <translation>Kanäle und Radiometrie…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Clouds Panel</source>
            <translation>Wolken-Bedienfeld</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Detect Clouds…</source>
            <translation>Wolken erkennen…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Mask Clouds</source>
            <translation>Wolken maskieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Mask an image and adjust its mask while you look at it</source>
            <translation>Ein Bild maskieren und die Maske beim Hinsehen anpassen</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Mask the clouds of a raster with all options</source>
            <translation>Die Wolken eines Rasters mit allen Optionen maskieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Mask the clouds of the selected raster layers</source>
            <translation>Die Wolken der gewählten Rasterlayer maskieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Preview Clouds in View</source>
            <translation>Vorschau der Wolken im Ausschnitt</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Read what everything is for</source>
            <translation>Lesen, wofür alles da ist</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Say which bands the active raster layer has, and mask its clouds</source>
            <translation>Angeben, welche Kanäle der aktive Rasterlayer hat, und seine Wolken maskieren</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Set up the engine and see what it can do</source>
            <translation>Die Engine einrichten und sehen, was sie kann</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Settings…</source>
            <translation>Einstellungen…</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/plugin.py" />
            <source>Show at once where clouds are in what is seen of the active raster layer</source>
            <translation>Sofort zeigen, wo im sichtbaren Ausschnitt des aktiven Rasterlayers Wolken sind</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/area_counts.py" />
            <source>An area could not be brought onto the pixels: {reason}.</source>
            <translation>Eine Fläche konnte nicht auf die Pixel gebracht werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/blocks.py" />
            <source>A raster could not be read: {reason}.</source>
            <translation>Ein Raster konnte nicht gelesen werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/blocks.py" />
            <source>A raster could not be written: {reason}.</source>
            <translation>Ein Raster ließ sich nicht schreiben: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/cloud_shapes.py" />
            <source>The mask has values other than 0 (clear), 1 (cloud), 2 (cloud shadow) and 255 (no data): give a mask of Detect clouds, or reclassify yours.</source>
            <translation>Die Maske hat andere Werte als 0 (klar), 1 (Wolke), 2 (Wolkenschatten) und 255 (keine Daten): Geben Sie eine Maske von „Wolken erkennen“ an, oder klassifizieren Sie Ihre um.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/composite.py" />
            <source>'{scene}' and '{first}' differ in the number, data type, scale or offset of their bands: their pixels do not go together.</source>
            <translation>„{scene}“ und „{first}“ unterscheiden sich in Anzahl, Datentyp, Skalierung oder Versatz ihrer Kanäle: Ihre Pixel passen nicht zusammen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/composite.py" />
            <source>'{scene}' has the bands of '{first}' in another order: bring them into one order, for example with Rearrange bands.</source>
            <translation>„{scene}“ hat die Kanäle von „{first}“ in anderer Reihenfolge: Bringen Sie sie in eine Reihenfolge, etwa mit „Kanäle neu anordnen“.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/composite.py" />
            <source>'{source}' cannot be brought into the CRS of the first scene.</source>
            <translation>„{source}“ kann nicht in das KBS der ersten Szene gebracht werden.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/composite.py" />
            <source>'{source}' could not be read: {reason}.</source>
            <translation>„{source}“ konnte nicht gelesen werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/composite.py" />
            <source>'{source}', which gives the grid, is rotated, so that others cannot be brought onto it: warp it first.</source>
            <translation>„{source}“, das das Gitter vorgibt, ist gedreht, sodass andere nicht darauf gebracht werden können: Entzerren Sie es zuerst.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/composite.py" />
            <source>No scene lies in the extent.</source>
            <translation>In der Ausdehnung liegt keine Szene.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/composite.py" />
            <source>The bands of '{scene}' are called {names} and those of '{first}' {first_names}: they are taken for the same in this order.</source>
            <translation>Die Kanäle von „{scene}“ heißen {names} und die von „{first}“ {first_names}: Sie werden in dieser Reihenfolge für dieselben gehalten.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/composite.py" />
            <source>The scenes lie so far apart that nearly all of the composite would be empty ({width} x {height} pixels): give an extent, or leave out what lies elsewhere.</source>
            <translation>Die Szenen liegen so weit auseinander, dass fast das ganze Komposit leer wäre ({width} x {height} Pixel): Geben Sie eine Ausdehnung an, oder lassen Sie weg, was anderswo liegt.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/decision.py" />
            <source>The values go from {low:g} to {high:g}, and a probability or uncertainty of 0 to 1 is needed: divide them by their scale first, such as 100.</source>
            <translation>Die Werte gehen von {low:g} bis {high:g}, und gebraucht wird eine Wahrscheinlichkeit oder Unsicherheit von 0 bis 1: Teilen Sie sie zuerst durch ihre Skala, etwa 100.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/decision.py" />
            <source>This raster is an uncertainty, which does not tell where cloud is: give the probability of the same detection.</source>
            <translation>Dieses Raster ist eine Unsicherheit, die nicht sagt, wo Wolken sind: Geben Sie die Wahrscheinlichkeit derselben Erkennung an.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/excerpt.py" />
            <source>Nothing of the layer is seen here: zoom to it first.</source>
            <translation>Vom Layer ist hier nichts zu sehen: zuerst auf ihn zoomen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/excerpt.py" />
            <source>What is seen of '{source}' could not be read: {reason}.</source>
            <translation>Der sichtbare Teil von „{source}“ konnte nicht gelesen werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/files.py" />
            <source>'{path}' cannot be replaced: close the programs or layers that use it.</source>
            <translation>'{path}' kann nicht ersetzt werden: die Programme oder Layer schließen, die es benutzen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/files.py" />
            <source>'{source}' cannot be brought onto the grid: {reason}.</source>
            <translation>„{source}“ kann nicht auf das Gitter gebracht werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/files.py" />
            <source>'{source}' lies on another grid and cannot be brought onto that of the first raster, which is rotated or has no CRS: warp one of them first.</source>
            <translation>„{source}“ liegt auf einem anderen Gitter und kann nicht auf das des ersten Rasters gebracht werden, das gedreht ist oder kein KBS hat: Transformieren Sie zuerst eines von beiden.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/files.py" />
            <source>GDAL cannot open '{source}': {reason}.</source>
            <translation>GDAL kann „{source}“ nicht öffnen: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/files.py" />
            <source>The output '{path}' is an input or another output as well: choose another name.</source>
            <translation>Die Ausgabe „{path}“ ist auch eine Eingabe: Wählen Sie einen anderen Namen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/files.py" />
            <source>The result could not be written: {reason}.</source>
            <translation>Das Ergebnis konnte nicht geschrieben werden: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/no_data.py" />
            <source>The image declares no no-data value and uses both the lowest and the highest value of its data type: set the no-data value yourself.</source>
            <translation>Das Bild nennt keinen Wert für keine Daten und verwendet den kleinsten wie den größten Wert seines Datentyps: Geben Sie den Wert für keine Daten selbst an.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/no_data.py" />
            <source>The images use every value that could mean no data: pixels of {value:g} become no data, even where they are valid.</source>
            <translation>Die Bilder verwenden jeden Wert, der für keine Daten stehen könnte: Pixel mit dem Wert {value:g} werden zu keinen Daten, auch wo sie gültig sind.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/scene_files.py" />
            <source>'{scene}' is listed twice with different settings: keep one of the lines.</source>
            <translation>„{scene}“ ist zweimal mit verschiedenen Einstellungen aufgeführt: Behalten Sie eine der Zeilen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/scene_files.py" />
            <source>'{scene}' of the list '{path}' is not there.</source>
            <translation>„{scene}“ aus der Liste „{path}“ ist nicht da.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/scene_files.py" />
            <source>Line {number} of the list '{path}' has more cells than there are columns: put cells that hold commas into double quotes.</source>
            <translation>Zeile {number} der Liste „{path}“ hat mehr Zellen, als es Spalten gibt: Setzen Sie Zellen mit Kommas in doppelte Anführungszeichen.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/scene_files.py" />
            <source>The folder '{folder}' has no rasters ({endings}) and no products.</source>
            <translation>Im Ordner „{folder}“ gibt es keine Raster ({endings}) und keine Produkte.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/scene_files.py" />
            <source>The list '{path}' cannot be read ({reason}).</source>
            <translation>Die Liste „{path}“ kann nicht gelesen werden ({reason}).</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/scene_files.py" />
            <source>The list '{path}' names no scenes: one path a line, or a column scene.</source>
            <translation>Die Liste „{path}“ nennt keine Szenen: ein Pfad je Zeile oder eine Spalte scene.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/uncertain_regions.py" />
            <source>An uncertain region could not be outlined: {reason}.</source>
            <translation>Eine unsichere Stelle ließ sich nicht umreißen: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/uncertain_regions.py" />
            <source>The mask and the uncertainty lie on different grids: choose the two layers of one detection.</source>
            <translation>Maske und Unsicherheit liegen auf verschiedenen Rastern: Wählen Sie die beiden Layer einer Erkennung.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/rasters/uncertain_regions.py" />
            <source>The reviewed mask could not be written: {reason}.</source>
            <translation>Die geprüfte Maske ließ sich nicht schreiben: {reason}.</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/time_left.py" />
            <source>about {time} left</source>
            <translation>noch etwa {time}</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/time_left.py" />
            <source>{count} h</source>
            <translation>{count} h</translation>
        </message>
        <message>
            <location filename="../../cloudmamba_qgis/time_left.py" />
            <source>{count} min</source>
            <translation>{count} min</translation>
        </message>
        <message>
            <location filename="../../resources/models/detect_and_cut_out.model3" />
            <source>Detect and cut out clouds</source>
            <translation>Wolken erkennen und ausschneiden</translation>
        </message>
        <message>
            <location filename="../../resources/models/detect_and_cut_out.model3" />
            <source>Detects the clouds of an image and makes a copy of it that has no data under them.</source>
            <translation>Erkennt die Wolken eines Bildes und macht eine Kopie davon, die unter ihnen keine Daten hat.</translation>
        </message>
        <message>
            <location filename="../../resources/models/detect_as_polygons.model3" />
            <source>Detect clouds as polygons</source>
            <translation>Wolken als Polygone erkennen</translation>
        </message>
        <message>
            <location filename="../../resources/models/detect_as_polygons.model3" />
            <source>Detects the clouds of an image and makes simplified polygons of them, with the area on the ellipsoid before simplification and the uncertainty.</source>
            <translation>Erkennt die Wolken eines Bildes und macht vereinfachte Polygone daraus, mit der Fläche auf dem Ellipsoid vor dem Vereinfachen und der Unsicherheit.</translation>
        </message>
        <message>
            <location filename="../../resources/models/folder_to_composite.model3" />
            <source>Clear-sky composite of a folder</source>
            <translation>Wolkenfreies Komposit eines Ordners</translation>
        </message>
        <message>
            <location filename="../../resources/models/folder_to_composite.model3" />
            <source>Detects the clouds of all scenes of a folder and makes one image of their clearest pixels.</source>
            <translation>Erkennt die Wolken aller Szenen eines Ordners und macht ein Bild aus ihren klarsten Pixeln.</translation>
        </message>
    </context>
</TS>
