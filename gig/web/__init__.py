"""The shell of every page: frames, parts, filters, headers, languages, errors. It knows no feature."""
