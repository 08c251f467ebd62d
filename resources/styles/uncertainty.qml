<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Uncertainty, 0 to 1: viridis, a perceptually even ramp; where the mask is sure it is transparent. -->
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0" classificationMax="1">
      <rasterTransparency/>
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="0" maximumValue="1" labelPrecision="1">
          <colorramp type="gradient" name="[source]">
            <Option type="Map">
              <Option type="QString" name="color1" value="68,1,84,0"/>
              <Option type="QString" name="color2" value="253,231,37,230"/>
              <Option type="QString" name="discrete" value="0"/>
              <Option type="QString" name="rampType" value="gradient"/>
              <Option type="QString" name="stops" value="0.1;72,37,118,60:0.2;65,67,135,100:0.3;52,95,141,130:0.4;42,120,142,150:0.5;33,144,141,170:0.6;35,168,132,185:0.7;67,191,112,200:0.8;122,209,81,210:0.9;188,223,39,220"/>
            </Option>
          </colorramp>
          <item value="0" label="0" color="#440154" alpha="0"/>
          <item value="0.1" label="0.1" color="#482576" alpha="60"/>
          <item value="0.2" label="0.2" color="#414387" alpha="100"/>
          <item value="0.3" label="0.3" color="#345f8d" alpha="130"/>
          <item value="0.4" label="0.4" color="#2a788e" alpha="150"/>
          <item value="0.5" label="0.5" color="#21908d" alpha="170"/>
          <item value="0.6" label="0.6" color="#23a884" alpha="185"/>
          <item value="0.7" label="0.7" color="#43bf70" alpha="200"/>
          <item value="0.8" label="0.8" color="#7ad151" alpha="210"/>
          <item value="0.9" label="0.9" color="#bcdf27" alpha="220"/>
          <item value="1" label="1" color="#fde725" alpha="230"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
  </pipe>
</qgis>
