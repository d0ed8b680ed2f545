"""What the command, the deployment's scripts and Lambda share: a request in, a response out."""
