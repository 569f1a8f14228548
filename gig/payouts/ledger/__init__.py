"""The book. Sealed: it imports core alone and has one writer, journal."""
