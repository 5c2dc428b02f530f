using System.Runtime.InteropServices;
using System.Text;
using ImageFs.Linux;
using ImageFs.Storage.Keys;

namespace ImageFs.Output;

/// <summary>
/// Asks for a passphrase on the terminal that the process belongs to, and shows nothing of it; a server in the background does it before it
/// leaves that terminal. Where there is none, there is nobody to ask.
/// </summary>
internal sealed class KeyPrompt : IKeySource
{
    private const int Attempts = 3;

    // cryptsetup's bound for a passphrase that is typed.
    private const int MaxLength = 512;

    private const byte Interrupt = 0x03;
    private const byte EndOfInput = 0x04;
    private const byte Backspace = 0x08;
    private const byte KillLine = 0x15;
    private const byte Delete = 0x7F;

    /// <inheritdoc/>
    public bool IsAtHand => false;

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The user has interrupted it.</exception>
    public Key? Find(KeyRequest request)
    {
        using FileDescriptor? terminal = request.Attempt < Attempts ? Terminals.OpenOwn() : null;
        if (terminal is null)
        {
            return null;
        }

        using var typed = new SecretMemory(MaxLength);
        using HiddenInput hidden = Terminals.HideInput(terminal);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => hidden.Dispose());
        string problem = request.Attempt == 0 ? string.Empty : request.Problem.Length > 0 ? $"{request.Problem}. " : $"This is not the {request.What}. ";
        Say(terminal, $"{problem}{char.ToUpperInvariant(request.What[0])}{request.What[1..]} for {PrintableText.Of(request.Volume)}: ");
        try
        {
            return Read(terminal, typed.Span) is { } length ? new Key(typed.Span[..length]) : null;
        }
        finally
        {
            Say(terminal, "\n");
        }
    }

    private static void Say(FileDescriptor terminal, string text) => _ = Descriptors.Write(terminal, Encoding.UTF8.GetBytes(text), out _);

    // What the keys do is what they do in the terminal's own lines.
    private static int? Read(FileDescriptor terminal, Span<byte> typed)
    {
        int length = 0;
        Span<byte> key = stackalloc byte[1];
        while (true)
        {
            int count = Descriptors.Read(terminal, key, out Errno errno);
            switch (key[0])
            {
                case var _ when errno == Errno.EINTR:
                    break;
                case var _ when count <= 0:
                case EndOfInput when length == 0:
                    return null;
                case (byte)'\r' or (byte)'\n' or EndOfInput:
                    return length;
                case Interrupt:
                    throw new OperationCanceledException("interrupted");
                case KillLine:
                    length = 0;
                    break;
                case Backspace or Delete:
                    length = WithoutLast(typed[..length]);
                    break;
                default:
                    if (length < typed.Length)
                    {
                        typed[length++] = key[0];
                    }

                    break;
            }
        }
    }

    // A character of UTF-8 is several bytes.
    private static int WithoutLast(ReadOnlySpan<byte> typed)
    {
        int length = Math.Max(0, typed.Length - 1);
        while (length > 0 && (typed[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return length;
    }
}
