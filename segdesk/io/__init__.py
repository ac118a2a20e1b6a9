"""Files and formats: pictures, the project file, cards, weights, importers, exporters, reports. No torch, no Qt."""
