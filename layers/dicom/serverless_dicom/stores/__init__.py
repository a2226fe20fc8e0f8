"""Records <-> DynamoDB, objects <-> S3."""
