"""Generate: product pictures from a latent space."""
