"""An agent of DSPy with one tool, and a model that follows a script: no key, no network.

toolspan run --dir toolspan-data -- python examples/frameworks/dspy_agent.py
toolspan tools toolspan-data
"""

import dspy
from dspy.utils.dummies import DummyLM

# In place of `dspy.LM("openai/gpt-4o")`: asks for the weather, then answers.
model = DummyLM(
    [
        {
            "next_thought": "I need the weather.",
            "next_tool_name": "weather",
            "next_tool_args": {"city": "Oslo"},
        },
        {"next_thought": "That will do.", "next_tool_name": "finish", "next_tool_args": {}},
        {"reasoning": "It is cold.", "answer": "Take a coat."},
    ]
)


def weather(city: str) -> str:
    """The weather in a city."""
    return f"3 degrees in {city}"


guide = dspy.ReAct("question -> answer", tools=[weather])
with dspy.context(lm=model):
    print(guide(question="What do I wear in Oslo?").answer)
