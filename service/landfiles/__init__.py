"""Land files that come from outside, read and written in a child process that can do no harm.

Nothing is imported here: the child must refuse a bad file before the heavy libraries load.
"""
