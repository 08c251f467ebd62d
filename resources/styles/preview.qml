<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Preview of a cloud mask: unlike a mask at first sight, for all who see colours and who do not. -->
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
      <rasterTransparency/>
      <colorPalette>
        <paletteEntry value="0" color="#ffffff" alpha="0" label="Clear (preview)"/>
        <paletteEntry value="1" color="#00d5ff" alpha="110" label="Cloud (preview)"/>
        <paletteEntry value="2" color="#5a2d91" alpha="120" label="Cloud shadow (preview)"/>
      </colorPalette>
    </rasterrenderer>
  </pipe>
</qgis>
