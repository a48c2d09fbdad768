"""From Hebrew text to sounds: vowel points, what the points leave open, phonemes."""
