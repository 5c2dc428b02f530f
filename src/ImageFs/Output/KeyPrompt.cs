using System.Security.Cryptography;
using System.Text;
using ImageFs.Storage.Keys;

namespace ImageFs.Output;

/// <summary>Asks for a passphrase on the terminal, and shows nothing of it. Where standard input is none, there is nobody to ask.</summary>
internal sealed class KeyPrompt : IKeySource
{
    private const int Attempts = 3;

    // cryptsetup's bound for a passphrase that is typed.
    private const int MaxLength = 512;

    /// <inheritdoc/>
    public Key? Find(string volume, int attempt)
    {
        if (attempt >= Attempts || Console.IsInputRedirected)
        {
            return null;
        }

        Console.Error.Write($"{(attempt == 0 ? string.Empty : "This is not the passphrase. ")}Passphrase for {volume}: ");
        char[] typed = GC.AllocateUninitializedArray<char>(MaxLength, pinned: true);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetMaxByteCount(MaxLength), pinned: true);
        try
        {
            int length = Read(typed);
            return new Key(bytes.AsSpan(0, Encoding.UTF8.GetBytes(typed.AsSpan(0, length), bytes)));
        }
        finally
        {
            Console.Error.WriteLine();
            Array.Clear(typed);
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static int Read(char[] typed)
    {
        int length = 0;
        while (true)
        {
            ConsoleKeyInfo key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    return length;
                case ConsoleKey.Backspace:
                    length = Math.Max(0, length - 1);
                    break;
                default:
                    if (key.KeyChar != '\0' && length < typed.Length)
                    {
                        typed[length++] = key.KeyChar;
                    }

                    break;
            }
        }
    }
}
