"""Nets that answer with objects, one system a file. Each file's `OUTPUT` says the kind of its answer ("instances",
"detections", "panoptic", "queries"); what is here besides such files, several of them share."""
