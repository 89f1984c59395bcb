"""HTTP: the pages behind mailed links, downloads, and sessions, on Starlette and uvicorn."""
