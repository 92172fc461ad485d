"""PostgreSQL behind a pool that outlives a restart of the server.

psycopg_pool hands out what it holds; after a restart each held connection would cost one request an error. Asking the
pool to check every one (CONN_HEALTH_CHECKS) waits 1, 2, 4 … seconds per stale one. So: try the one we got, and where it
is dead empty the pool and take a new one.
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if self.pool is None:
            return connection
        try:
            connection.execute("")
        except psycopg.OperationalError:
            self.pool.putconn(connection)
            self.pool.drain()
            connection = super().get_new_connection(conn_params)
        return connection
