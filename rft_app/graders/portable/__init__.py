"""What grades without a model, in plain Python; grader files are made of it.

A grader that is taken to a trainer grades there what it grades here because it is the same code.
So nothing here imports `rft_app`, but for other modules of this package; all imports stand at the
top, and no two modules define the same name (`python_file`).
"""
