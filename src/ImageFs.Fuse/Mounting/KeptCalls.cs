using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>
/// Has a process that keeps its rights mount and unmount for this one, which gives its own up. What may ever be asked for is said before that, and is
/// then asked for by its number: the other end (Start/keeper.c) takes nothing else.
/// </summary>
/// <param name="socket">Its end is a <see cref="Sockets.MessagePair"/>'s other one.</param>
/// <param name="usersCommand">As <see cref="KeeperDuties.UsersCommand"/>.</param>
internal sealed class KeptCalls(FileDescriptor socket, IReadOnlyList<string> usersCommand) : MountCalls, IDisposable
{
    private const int MaxAnswer = 8192;
    private const int NoSuchProgram = 127;
    private readonly Lock _gate = new();
    private readonly List<string> _actions = [];
    private bool _isAnswerDue;

    /// <summary>Notes of something that it may be asked for, once <see cref="Seal"/> has said so.</summary>
    /// <param name="kind">A letter: what it is.</param>
    /// <param name="words">What it takes.</param>
    /// <returns>Its number.</returns>
    public int Learn(char kind, params IReadOnlyCollection<string> words)
    {
        _actions.Add(ToText(kind, words));
        return _actions.Count - 1;
    }

    /// <summary>Notes that it may be asked for who uses a mount.</summary>
    public void LearnUsers(string mountPoint)
    {
        if (usersCommand.Count > 0)
        {
            Learn('r', [.. usersCommand, mountPoint]);
        }
    }

    /// <summary>Says what may be asked for, and that this is all.</summary>
    /// <param name="mountPoint">Where a dead mount is taken away when this process has ended; empty for nowhere.</param>
    /// <param name="actions">The numbers of what is done for that, in turn, until it is gone.</param>
    /// <exception cref="LinuxException">The other end has gone.</exception>
    public void Seal(string mountPoint, params IEnumerable<int> actions)
    {
        string end = ToText('e', [mountPoint, .. actions.Select(action => action.ToString(CultureInfo.InvariantCulture))]);
        byte[] message = ByteText.ToBytes(string.Concat(_actions) + end);
        if (Descriptors.Write(socket, message, out Errno errno) != message.Length)
        {
            throw new LinuxException("write", errno, "the keeper of the mount");
        }
    }

    /// <summary>Asks for something that was said before.</summary>
    /// <returns>Its status, what it has to say, and its descriptor; EPERM for what was not said.</returns>
    public (int Status, string Text, FileDescriptor? Descriptor) Ask(char kind, params IReadOnlyCollection<string> words)
    {
        int number = _actions.IndexOf(ToText(kind, words));
        if (number < 0)
        {
            return ((int)Errno.EPERM, string.Empty, null);
        }

        lock (_gate)
        {
            TakeDueAnswer();
            return Descriptors.Write(socket, [(byte)number], out Errno errno) == 1 ? TakeAnswer() : ((int)errno, string.Empty, null);
        }
    }

    /// <inheritdoc/>
    public override Outcome Mount(in Words words)
    {
        (int status, _, FileDescriptor? connection) = Ask('m', ToWords(words));
        if (status == 0 && connection is not null)
        {
            return new Outcome(connection, Errno.None, IsOfDevice: false);
        }

        connection?.Dispose();
        return new Outcome(null, (Errno)Math.Abs(status), IsOfDevice: status < 0);
    }

    /// <inheritdoc/>
    public override Errno Unmount(string mountPoint, UnmountFlags flags) => (Errno)Ask('u', mountPoint, $"{(int)flags}").Status;

    /// <inheritdoc/>
    public override FuserMount.Outcome? Run(string program, params string[] arguments)
    {
        (int status, string text, FileDescriptor? connection) = Ask('r', [program, .. arguments]);
        return status == NoSuchProgram ? null : new FuserMount.Outcome(connection, status == 0, text);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindUsers(string mountPoint) =>
        Ask('r', [.. usersCommand, mountPoint]) is (0, var text, _) ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];

    /// <inheritdoc/>
    public override void RaiseReadAhead(DeviceNumber device, int kib)
    {
        int number = _actions.IndexOf(ToText('a', [$"{kib}"]));
        lock (_gate)
        {
            TakeDueAnswer();
            _isAnswerDue = number >= 0 && Descriptors.Write(socket, [(byte)number], out _) == 1;
        }
    }

    /// <inheritdoc/>
    public override void Settle()
    {
        lock (_gate)
        {
            TakeDueAnswer();
        }
    }

    /// <summary>The words of mount(2), for <see cref="Learn"/>.</summary>
    public static string[] ToWords(in Words words) => [words.Source, words.MountPoint, words.Type, $"{(int)words.Flags}", words.Data];

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private void TakeDueAnswer()
    {
        if (_isAnswerDue)
        {
            _isAnswerDue = false;
            TakeAnswer().Descriptor?.Dispose();
        }
    }

    private (int Status, string Text, FileDescriptor? Descriptor) TakeAnswer()
    {
        Span<byte> answer = stackalloc byte[MaxAnswer];
        FileDescriptor? descriptor = Sockets.Receive(socket, answer, out int count);
        return count < sizeof(int)
            ? ((int)Errno.EPERM, string.Empty, descriptor)
            : (BinaryPrimitives.ReadInt32LittleEndian(answer), Encoding.UTF8.GetString(answer[sizeof(int)..count]).Trim(), descriptor);
    }

    private static string ToText(char kind, IReadOnlyCollection<string> words) =>
        $"{kind}{(char)words.Count}{string.Join('\0', words)}\0";
}
