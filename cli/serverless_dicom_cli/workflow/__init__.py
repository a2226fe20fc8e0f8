"""The guided workflow: from a public study to pictures of which every frame was compared."""
