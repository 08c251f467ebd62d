<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- The mask that a product brings: that of ours, and snow. -->
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1" nodataColor="">
      <rasterTransparency/>
      <colorPalette>
        <paletteEntry value="0" color="#ffffff" alpha="0" label="Clear"/>
        <paletteEntry value="1" color="#ff00c8" alpha="95" label="Cloud"/>
        <paletteEntry value="2" color="#1f3fd0" alpha="110" label="Cloud shadow"/>
        <paletteEntry value="4" color="#37c8f0" alpha="110" label="Snow or ice"/>
      </colorPalette>
    </rasterrenderer>
  </pipe>
</qgis>
