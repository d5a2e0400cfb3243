"""Where ciphertext lies: what every store can do, a folder, a bucket, and uploads in flight."""
