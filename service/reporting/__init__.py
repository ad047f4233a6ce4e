"""The reporting calendar: tasks, approval, locks, reminders."""
