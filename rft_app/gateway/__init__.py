"""Edge: a proxy that speaks OpenAI's API and records every call.

It is plain ASGI beside the application, because each layer of a framework costs a call time.
"""
