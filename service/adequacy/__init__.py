"""Whether farm inputs last: stock within reach beside what the plan still wants."""
