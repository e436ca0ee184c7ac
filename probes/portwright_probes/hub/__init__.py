"""The Hub's side: finds and fetches checkpoints through huggingface_hub, whose cache and settings it shares."""
