"""Where the ledger keeps what a job pays for apart from its main work."""


def sampling_scope(job_id: str) -> str:
    """Of the answers that a dry run samples; what its judge costs is under the job itself."""
    return f"{job_id}:rollouts"
