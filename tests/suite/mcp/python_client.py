"""A client of the Python SDK: python_client.py auto|legacy PROGRAM ARGUMENT...

Lists the tools, plans a send and sends it, once with a token and once by answering the question of
the server. Prints what it found as JSON.
"""

import asyncio
import json
import os
import sys

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import ElicitResult

MODE, PROGRAM, *ARGUMENTS = sys.argv[1:]
MESSAGE = {"sign_name": "Acme", "template_code": "SMS_100003"}


def connect(**options):
    # The SDK passes only a few variables on by default.
    server = StdioServerParameters(command=PROGRAM, args=ARGUMENTS, env=dict(os.environ))
    return Client(stdio_client(server), mode=MODE, **options)


async def main():
    questions = []

    async def answer(_, params):
        questions.append(params.message)
        return ElicitResult(action="accept", content={"confirm": True})

    async with connect() as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        inputs = {**MESSAGE, "phone_numbers": ["13800001234"]}
        planned = await client.call_tool("sms_send", inputs)
        token = planned.structured_content["data"]["token"]
        sent = await client.call_tool("sms_send", {**inputs, "token": token})
        reused = await client.call_tool("sms_send", {**inputs, "token": token})
    async with connect(elicitation_callback=answer) as client:
        inputs = {**MESSAGE, "phone_numbers": ["13800005678", "13800005679"]}
        agreed = await client.call_tool("sms_send", inputs)
    print(
        json.dumps(
            {
                "tools": tools,
                "planned": planned.structured_content,
                "sent": sent.structured_content,
                "reused": reused.structured_content,
                "reused_is_error": reused.is_error,
                "agreed": agreed.structured_content,
                "questions": questions,
            }
        )
    )


asyncio.run(main())
