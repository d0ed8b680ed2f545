"""Copy a table every night. Airflow retries what is transient; other errors are for a person."""

import pendulum
from airflow.sdk import Connection, dag, task
from airflow.sdk.exceptions import AirflowFailException

import tableferry


@dag(schedule="@daily", start_date=pendulum.datetime(2026, 1, 1), catchup=False)
def nightly_copy():
    @task(retries=3)
    def customer():
        urls = {side: Connection.get(f"ferry_{side}").get_uri() for side in ("source", "target")}
        try:
            outcome = tableferry.copy_table("dbo.Customer", "customer", **urls)
            return outcome.raise_for_failure().to_dict()
        except tableferry.TransientError:
            raise
        except tableferry.TableferryError as error:
            raise AirflowFailException(f"{error}. {error.hint}") from error

    customer()


nightly_copy()
