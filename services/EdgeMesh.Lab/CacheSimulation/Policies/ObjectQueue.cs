namespace EdgeMesh.Lab.CacheSimulation.Policies;

/// <summary>The links of the objects of a trace; each object stands in at most one queue.</summary>
internal sealed class ObjectLinks(int objects)
{
    public int[] Next { get; } = new int[objects];

    public int[] Previous { get; } = new int[objects];

    public ObjectQueue?[] QueueOf { get; } = new ObjectQueue?[objects];
}

/// <summary>A doubly linked queue of objects, oldest first.</summary>
internal sealed class ObjectQueue(ObjectLinks links, ReadOnlyMemory<long> sizes)
{
    /// <summary>The oldest, or -1.</summary>
    public int Head { get; private set; } = -1;

    /// <summary>The newest, or -1.</summary>
    public int Tail { get; private set; } = -1;

    /// <summary>Sum of the bytes.</summary>
    public long Bytes { get; private set; }

    public int Count { get; private set; }

    public bool Contains(int item) => ReferenceEquals(links.QueueOf[item], this);

    /// <summary>The one that came after, or -1.</summary>
    public int NextOf(int item) => links.Next[item];

    public void Enqueue(int item)
    {
        links.QueueOf[item] = this;
        links.Next[item] = -1;
        links.Previous[item] = Tail;
        if (Tail >= 0)
        {
            links.Next[Tail] = item;
        }
        else
        {
            Head = item;
        }

        Tail = item;
        Bytes += sizes.Span[item];
        Count++;
    }

    public void Remove(int item)
    {
        var (next, previous) = (links.Next[item], links.Previous[item]);
        if (previous >= 0)
        {
            links.Next[previous] = next;
        }
        else
        {
            Head = next;
        }

        if (next >= 0)
        {
            links.Previous[next] = previous;
        }
        else
        {
            Tail = previous;
        }

        links.QueueOf[item] = null;
        Bytes -= sizes.Span[item];
        Count--;
    }

    public int Dequeue()
    {
        var head = Head;
        Remove(head);
        return head;
    }
}
