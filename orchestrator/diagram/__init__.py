"""The chart of a policy as a picture: laid out by Graphviz, drawn as SVG or written as Mermaid."""
