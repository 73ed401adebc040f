"""The whole installation: real Prefect server and worker, real HTTP and SMTP, real processes."""
