"""Syncs tables on the workers of a Dask cluster: the only importer of ``distributed``."""

from tableferry.cluster.coordinator import sync_on_cluster
from tableferry.cluster.dask_client import cluster

__all__ = ["cluster", "sync_on_cluster"]
