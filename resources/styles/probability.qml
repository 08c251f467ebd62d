<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Cloud probability, 0 to 1: inferno, a perceptually even ramp; where there is no cloud it is transparent. -->
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" classificationMin="0" classificationMax="1">
      <rasterTransparency/>
      <rastershader>
        <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="0" maximumValue="1" labelPrecision="1">
          <colorramp type="gradient" name="[source]">
            <Option type="Map">
              <Option type="QString" name="color1" value="0,0,4,0"/>
              <Option type="QString" name="color2" value="252,255,164,230"/>
              <Option type="QString" name="discrete" value="0"/>
              <Option type="QString" name="rampType" value="gradient"/>
              <Option type="QString" name="stops" value="0.1;23,11,58,60:0.2;66,10,104,100:0.3;107,23,110,130:0.4;147,38,103,150:0.5;187,55,85,170:0.6;221,81,57,185:0.7;243,119,26,200:0.8;252,164,11,210:0.9;246,214,68,220"/>
            </Option>
          </colorramp>
          <item value="0" label="0" color="#000004" alpha="0"/>
          <item value="0.1" label="0.1" color="#170b3a" alpha="60"/>
          <item value="0.2" label="0.2" color="#420a68" alpha="100"/>
          <item value="0.3" label="0.3" color="#6b176e" alpha="130"/>
          <item value="0.4" label="0.4" color="#932667" alpha="150"/>
          <item value="0.5" label="0.5" color="#bb3755" alpha="170"/>
          <item value="0.6" label="0.6" color="#dd5139" alpha="185"/>
          <item value="0.7" label="0.7" color="#f3771a" alpha="200"/>
          <item value="0.8" label="0.8" color="#fca40b" alpha="210"/>
          <item value="0.9" label="0.9" color="#f6d644" alpha="220"/>
          <item value="1" label="1" color="#fcffa4" alpha="230"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
  </pipe>
</qgis>
