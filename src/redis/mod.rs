//! Redis' own language: redis.conf, command lines and memory units, as redis-server reads them. No Kubernetes here.
