namespace ImageFs.Storage.Tar;

/// <summary>Where a header has what (POSIX pax: ustar Interchange Format; of files with holes GNU tar: oldgnu_header).</summary>
internal static class TarFields
{
    /// <summary>Bytes of a block: a header is one, and all of an archive is made of them.</summary>
    public const int BlockLength = 512;

    public static Range Name => 0..100;

    public static Range Mode => 100..108;

    public static Range Uid => 108..116;

    public static Range Gid => 116..124;

    public static Range Size => 124..136;

    public static Range Time => 136..148;

    public static Range Sum => 148..156;

    public static int Type => 156;

    public static Range Link => 157..257;

    public static Range Magic => 257..263;

    public static Range Version => 263..265;

    public static Range Major => 329..337;

    public static Range Minor => 337..345;

    public static Range Prefix => 345..500;

    public static Range SparsePlaces => 386..482;

    public static int HasMorePlaces => 482;

    public static Range RealSize => 483..495;
}
