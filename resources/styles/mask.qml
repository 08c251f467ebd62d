<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Cloud mask: clear is transparent, so that the image stays visible; no data is drawn nowhere. -->
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
      <rasterTransparency/>
      <colorPalette>
        <paletteEntry value="0" color="#ffffff" alpha="0" label="Clear"/>
        <paletteEntry value="1" color="#ff00c8" alpha="95" label="Cloud"/>
        <paletteEntry value="2" color="#1f3fd0" alpha="110" label="Cloud shadow"/>
      </colorPalette>
    </rasterrenderer>
  </pipe>
</qgis>
