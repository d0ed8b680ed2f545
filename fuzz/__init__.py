"""The fuzz: hostile input for every command, judged by what people see and what is left behind."""
