"""The reference's side: torch and transformers."""
