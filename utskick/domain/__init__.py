"""Nouns and rules of dispatching forms. No framework, no clock, no database."""
