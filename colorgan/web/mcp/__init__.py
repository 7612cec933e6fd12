"""The page's colorizer as tools for agents: the Model Context Protocol over HTTP, at /mcp (`app.py --mcp`).

tools.py      what an agent can ask for, described so that it needs no manual
protocol.py   JSON-RPC messages in, answers out: revisions 2025-03-26 to 2025-11-25 of the protocol, without sessions
"""

from colorgan.web.mcp.protocol import PATH, mcp_route
from colorgan.web.mcp.tools import Tools

__all__ = ["PATH", "Tools", "mcp_route"]
