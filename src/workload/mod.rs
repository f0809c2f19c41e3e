//! What Redis a workload really is: containers and their roles, topology, memory, the effective configuration with origins.
