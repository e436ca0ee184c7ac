"""The worker on the port's side: MLX and mlx-lm."""
