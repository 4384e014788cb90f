# memory
text = "é"
while len(text) < 1 << 27:
    text += text
