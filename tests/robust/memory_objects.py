# memory
class Node:
    pass


nodes = []
while len(nodes) < 500_000:
    node = Node()
    node.x = [1]
    node.y = {}
    nodes.append(node)
