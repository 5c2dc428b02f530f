using ImageFs.Linux;

namespace ImageFs.Images.Readers;

/// <summary>One request to a reader: its fields are written, it is sent, and the answer's are read.</summary>
/// <param name="process">The reader.</param>
/// <param name="stream">The connection, which is this request's until it is disposed of.</param>
/// <param name="message">The request, and then the answer.</param>
internal sealed class ReaderRequest(ReaderProcess process, FileDescriptor stream, Message message) : IDisposable
{
    /// <summary>The request's fields.</summary>
    internal Message Message => message;

    /// <summary>Sends it and waits for the answer.</summary>
    /// <param name="warn">Takes what the reader has to say besides, a line each.</param>
    /// <returns>The answer's fields.</returns>
    /// <exception cref="ReaderException">The reader could not do it, or has ended.</exception>
    internal Message Send(Action<string> warn)
    {
        if (!message.TrySend(stream) || !message.TryReceive(stream))
        {
            throw process.Ended();
        }

        for (int count = message.Read<ushort>(); count > 0; count--)
        {
            warn(message.ReadText());
        }

        message.ThrowError();
        return message;
    }

    /// <summary>Lets others have the connection.</summary>
    public void Dispose() => process.Return(stream, message);
}
