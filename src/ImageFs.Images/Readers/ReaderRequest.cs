using ImageFs.Linux;

namespace ImageFs.Images.Readers;

/// <summary>A connection to a reader, and the one request at a time that is on it: its fields are written, it is sent, and the answer's are read.</summary>
/// <param name="process">The reader.</param>
/// <param name="stream">The connection, which is the asker's until this is disposed of, and then the next one's.</param>
internal sealed class ReaderRequest(ReaderProcess process, FileDescriptor stream) : IDisposable
{
    /// <summary>The request's fields, and then the answer's.</summary>
    internal Message Message { get; } = new();

    /// <summary>Sends it and waits for the answer.</summary>
    /// <param name="warn">Takes what the reader has to say besides, a line each.</param>
    /// <returns>The answer's fields.</returns>
    /// <exception cref="ReaderException">The reader could not do it, or has ended.</exception>
    internal Message Send(Action<string> warn)
    {
        if (!Message.TrySend(stream) || !Message.TryReceive(stream))
        {
            throw process.Ended();
        }

        for (int count = Message.Read<ushort>(); count > 0; count--)
        {
            process.Tell(warn, Message.ReadText());
        }

        Message.ThrowError();
        return Message;
    }

    /// <summary>Lets others have the connection.</summary>
    public void Dispose() => process.Return(this);
}
