"""The room that works in the background: queue tasks, the clock loop, the auditor, health.

Jobs are wake-up calls: a job that is lost or doubled changes nothing, since rows say what is owed.
"""
