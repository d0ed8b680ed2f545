"""Tables carried by the workers of a Dask cluster: the only importer of ``distributed``."""

from tableferry.cluster.connecting import cluster
from tableferry.cluster.driver import sync_on_cluster

__all__ = ["cluster", "sync_on_cluster"]
