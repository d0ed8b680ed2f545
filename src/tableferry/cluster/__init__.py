"""Syncs and verifies tables on a Dask cluster: the only importer of ``distributed``."""

from tableferry.cluster.coordinator import sync_on_cluster
from tableferry.cluster.dask_client import cluster
from tableferry.cluster.verification import verify_on_cluster

__all__ = ["cluster", "sync_on_cluster", "verify_on_cluster"]
