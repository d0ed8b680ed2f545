"""What decides on a real SQL Server whether it is as we believe: probes, their runner, reports."""
